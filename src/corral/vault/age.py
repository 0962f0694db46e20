"""Files encrypted for people: age, by pyrage. A recipient is a public key, an identity the private one that fits it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from corral.errors import ChangeFailed
from corral.files import expanded
from corral.files import home as user_home
from corral.language import tr
from corral.late import late
from corral.problems import Problem
from corral.words import clauses

if TYPE_CHECKING:
    import pyrage
else:
    pyrage = late("pyrage")

ARMOUR: Final = b"-----BEGIN AGE ENCRYPTED FILE-----"
VARIABLE: Final = "CORRAL_AGE_IDENTITY"
_OWN_KEY: Final = "~/.config/corral/age.key"
MAKE_A_KEY: Final = tr(
    "`mkdir -p ~/.config/corral && ssh-keygen -t ed25519 -N '' -f {own_key}` makes a key for Corral "
    "alone; whoever can read the secrets adds {own_key}.pub to secrets.recipients",
    own_key=_OWN_KEY,
)


@dataclass(frozen=True)
class Recipients:
    """`names` are the public keys as text, without their comments, in a fixed order; `keys` the same as pyrage's."""

    names: tuple[str, ...]
    keys: tuple[Any, ...]


def is_encrypted(content: bytes) -> bool:
    return content.lstrip().startswith(ARMOUR)


def read_recipients(texts: Sequence[str]) -> Recipients:
    """Of public keys, and of the paths of files that hold them, one a line.

    Raises ChangeFailed with all texts that are not a key that age knows.
    """
    keys: dict[str, Any] = {}
    problems: list[Problem] = []
    for text in texts:
        try:
            for line in _lines(text):
                name = " ".join(line.split()[:2])
                keys[name] = _recipient(name)
        except _Unfit as reason:
            message = tr("secrets.recipients: {text!r} {reason}", text=text[:60], reason=reason)
            hint = tr("write a public key there (age1…, ssh-ed25519 … or ssh-rsa …), or the path of a .pub file")
            problems.append(Problem("secrets-recipient", "error", message, hint))
    if problems:
        raise ChangeFailed(problems)
    names = tuple(sorted(keys))
    return Recipients(names, tuple(keys[name] for name in names))


def encrypt(content: bytes, recipients: Recipients) -> bytes:
    """ASCII-armoured, so that it can be committed and compared."""
    encrypted: bytes = pyrage.encrypt(content, list(recipients.keys), armored=True)
    return encrypted


def decrypt(content: bytes, source: Path, identities: Sequence[str]) -> bytes:
    """Raises ChangeFailed, with what was tried, when no identity fits or `content` is not a complete age file."""
    keys, remarks = _read_identities(identities)
    if not keys:
        raise ChangeFailed(_undecipherable(source, [tr("no private key was found"), *remarks]))
    try:
        decrypted: bytes = pyrage.decrypt(content, list(keys.values()))
    except pyrage.DecryptError as error:
        if "No matching keys" in str(error):
            reason = tr("it is encrypted for other keys than {keys}", keys=", ".join(keys))
            raise ChangeFailed(_undecipherable(source, [reason, *remarks])) from None
        message = tr("{source} is damaged: {error}", source=source, error=error)
        hint = tr("bring the whole file back, from version control or a backup")
        raise ChangeFailed(Problem("secrets-damaged", "error", message, hint, str(source))) from None
    return decrypted


def identity_paths(
    explicit: Sequence[str], environment: Mapping[str, str] = os.environ, home: Path | None = None
) -> list[str]:
    """`explicit`, else $CORRAL_AGE_IDENTITY, else Corral's own key and the user's SSH keys, as far as they exist."""
    if explicit:
        return list(explicit)
    if named := environment.get(VARIABLE):
        return [named]
    home = home or user_home()
    configured = environment.get("XDG_CONFIG_HOME", "")
    base = Path(configured) if configured.startswith("/") else home / ".config"
    usual = (base / "corral" / "age.key", home / ".ssh" / "id_ed25519", home / ".ssh" / "id_rsa")
    return [str(path) for path in usual if path.exists()]


class _Unfit(Exception):
    """The reason, as the end of a sentence."""


def _lines(text: str) -> list[str]:
    """The keys that a recipient stands for: itself, or the lines of a file."""
    if text.startswith(("age1", "ssh-")):
        return [text]
    try:
        lines = [line.strip() for line in expanded(text).read_text().splitlines()]
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else tr("it is not a text")
        raise _Unfit(tr("is not a public key, and it can't be read as a file: {reason}", reason=reason)) from None
    keys = [line for line in lines if line and not line.startswith("#")]
    if not keys:
        raise _Unfit(tr("is a file without a key"))
    return keys


def _recipient(name: str) -> Any:
    kind = pyrage.ssh if name.startswith("ssh-") else pyrage.x25519
    try:
        return kind.Recipient.from_str(name)
    except pyrage.RecipientError:
        raise _Unfit(tr("is not a public key that age knows")) from None


def _read_identities(paths: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """The private keys by their paths, and a remark on each path that gave none."""
    keys: dict[str, Any] = {}
    remarks = []
    for path in paths:
        try:
            keys |= {path if not number else f"{path} ({number + 1})": key for number, key in enumerate(_keys(path))}
        except _Unfit as reason:
            remarks.append(f"{path} {reason}")
    return keys, remarks


def _keys(path: str) -> list[Any]:
    """The private keys in a file: one of SSH, or age's own, one a line."""
    try:
        content = expanded(path).read_bytes()
    except OSError as error:
        raise _Unfit(tr("can't be read: {strerror}", strerror=error.strerror)) from None
    own = [line.strip() for line in content.splitlines() if line.strip().startswith(b"AGE-SECRET-KEY-1")]
    try:
        if own:
            return [pyrage.x25519.Identity.from_str(line.decode()) for line in own]
        return [pyrage.ssh.Identity.from_buffer(content)]
    except (pyrage.IdentityError, UnicodeDecodeError) as error:
        raise _Unfit(_why_no_key(content, str(error))) from None


def _why_no_key(content: bytes, error: str) -> str:
    if is_encrypted(content) or "decrypted first" in error or "Encrypted" in error:
        return tr("has a passphrase, and Corral can't use such a key")
    if b"AGE-PLUGIN-" in content:
        return tr("belongs to a plugin of age, and Corral runs no plugins")
    if b"PRIVATE KEY" in content:
        return tr("is of a kind that age doesn't know; it knows ssh-ed25519 and ssh-rsa")
    return tr("is not a private key of age or SSH")


def _undecipherable(source: Path, reasons: Sequence[str]) -> Problem:
    message = tr("{source} can't be decrypted: {reasons}", source=source, reasons=clauses(reasons))
    hint = tr(
        "name the right key as secrets.identity or ${variable}; {make_a_key}", variable=VARIABLE, make_a_key=MAKE_A_KEY
    )
    return Problem("secrets-identity", "error", message, hint, str(source))
