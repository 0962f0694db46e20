"""What stops an install, in a sentence that also says the mend."""

from __future__ import annotations


class InstallError(Exception):
    """Printed as it is; `sentences` has one for each thing that is missing."""

    def __init__(self, *sentences: str) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences
