"""Types of the binding of batch buffers."""

class Lease:
    def __buffer__(self, flags: int, /) -> memoryview: ...

class BufferPool:
    bytes_in_use: int
    held_bytes: int
    def __init__(self, max_free_bytes: int, large: bool = False) -> None: ...
    def allocate(self, size: int) -> Lease: ...
