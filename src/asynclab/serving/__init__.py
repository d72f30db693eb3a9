"""The inference service of notebook 05, assembled of its parts.

parts, reference_parts: the classes that the lesson asks for, the learner's or ours · settings: its numbers ·
service: the door, and what happens to a request · engine: rows into batches and through the model's thread ·
quota, split, cache, expected: one small thing each · refused: the answers that are none · front: HTTP.
steered: a run under load · load, sender, crowd: its clients · paced: its device · interval,
dashboard: what is seen · mosec_peer: another server at the same device.

day: 24 simulated seconds of it · capstone, day_picture: a learner's parts against ours in them.

All of it runs on the loop and the clock that it is started in, the world's as well as the real one.
"""
