"""Word lists in tables."""


def words(text: str) -> frozenset[str]:
    """The words of a text, which are apart by spaces."""
    return frozenset(text.split())
