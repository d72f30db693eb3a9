async def run_batch(device, rows):
    found, level = {}, [list(enumerate(rows))] if rows else []
    while level:
        halves = []
        for part in level:
            places, inputs = zip(*part, strict=True)
            try:
                found.update(zip(places, await device(list(inputs)), strict=True))
            except Exception as error:
                if len(part) == 1:
                    found[places[0]] = error
                else:
                    halves += [part[: len(part) // 2], part[len(part) // 2 :]]
        level = halves
    return [found[place] for place in range(len(rows))]
