"""Types of the binding of pixel caches."""

class PixelCache: ...

class PixelsInMemory(PixelCache):
    nbytes: int
    def __init__(self, cells: int, max_bytes: int) -> None: ...

class PixelsInFolder(PixelCache):
    failure: int
    def __init__(
        self, pictures: bytes, records: bytes, taken: bytes, cells: int, channels: int, max_bytes: int
    ) -> None: ...
