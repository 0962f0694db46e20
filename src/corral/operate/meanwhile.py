"""Imports while hosts are waited for."""

from __future__ import annotations

import asyncio
from importlib import import_module


async def imported(*modules: str) -> None:
    """Import `modules` in a thread: what goes on in the loop, such as connections being made, is not held up."""
    await asyncio.to_thread(lambda: [import_module(name) for name in modules])
