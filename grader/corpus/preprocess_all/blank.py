async def preprocess_all(
    images: list[str],
    preprocess: Callable[[str], str],
    cores: int,
) -> list[str]:
    """Return `preprocess(image)` for every image, in the order of `images`.

    `preprocess` is a plain function that computes in Python, and holds the GIL as it does. Use
    at most `cores` processes, started once for all images. With n images that take t seconds
    each, n a multiple of `cores`, it takes n / cores * t seconds and the start of the
    processes; the event loop stays free all the while. An error that `preprocess` raises goes
    to the caller, itself. No images: return [].
    """
    raise NotImplementedError  # replace this line with your answer
