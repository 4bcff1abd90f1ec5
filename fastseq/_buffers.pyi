"""Types of the batch buffers' binding."""

class Lease:
    def __buffer__(self, flags: int, /) -> memoryview: ...

class Buffers:
    lent_bytes: int
    held_bytes: int
    def __init__(self, cap_bytes: int) -> None: ...
    def lend(self, size: int, needed: bool) -> Lease | None: ...
