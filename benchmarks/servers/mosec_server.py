"""mosec. Its settings are the benchmark's: 32 rows, 10 ms, one worker."""

from typing import Any

from model import load
from mosec import Server, Worker


class Predictor(Worker):
    def __init__(self) -> None:
        super().__init__()
        self.model = load()

    def forward(self, data: list[dict[str, Any]]) -> list[dict[str, Any]]:
        results = self.model.predict([one["row"] for one in data])
        return [{"result": result} for result in results]


if __name__ == "__main__":
    server = Server()
    server.append_worker(Predictor, num=1, max_batch_size=32, max_wait_time=10, route="/predict")
    server.run()
