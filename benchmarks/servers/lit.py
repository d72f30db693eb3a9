"""LitServe. Its settings are the benchmark's: 32 rows, 10 ms, one worker."""

import sys
from typing import Any

import litserve
from model import load


class Api(litserve.LitAPI):
    def setup(self, device: str) -> None:
        self.model = load()

    def decode_request(self, request: dict[str, Any]) -> Any:
        return request["row"]

    def batch(self, inputs: list[Any]) -> list[Any]:
        return inputs

    def predict(self, rows: list[Any]) -> list[Any]:
        return self.model.predict(rows)

    def unbatch(self, results: list[Any]) -> list[Any]:
        return results

    def encode_response(self, result: Any) -> dict[str, Any]:
        return {"result": result}


if __name__ == "__main__":
    api = Api(max_batch_size=32, batch_timeout=0.01)
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1, timeout=30)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), log_level="error", generate_client_file=False)
