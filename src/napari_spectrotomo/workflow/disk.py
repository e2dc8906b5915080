"""How images lie on disk: every file of a zarr store is whole or absent, and every chunk carries a checksum."""

from __future__ import annotations

import asyncio
from typing import Any

from zarr.codecs import Crc32cCodec, ZstdCodec
from zarr.storage import LocalStore

from ..atomic import write_bytes

COMPRESSORS = (ZstdCodec(level=0), Crc32cCodec())
"""Of the chunks within a shard. The checksum is of the compressed bytes: a flipped bit is found before they are unpacked."""

ALL_CHUNKS = {"write_empty_chunks": True}
"""Shards of nothing but NaN or False are written too: a shard that is not there is one that was lost."""


class WholeFiles(LocalStore):
    """A folder that zarr writes to; each file takes its place in one step, when its bytes are on disk."""

    async def set(self, key: str, value: Any) -> None:
        """Write a chunk, a shard or a description."""
        await asyncio.to_thread(self.set_sync, key, value)

    async def set_if_not_exists(self, key: str, value: Any) -> None:
        """Write a description, unless there is one."""
        if not (self.root / key).exists():
            await self.set(key, value)

    def set_sync(self, key: str, value: Any) -> None:
        """Write a chunk, a shard or a description, on this thread."""
        self._check_writable()
        write_bytes(self.root / key, value.as_numpy_array())
