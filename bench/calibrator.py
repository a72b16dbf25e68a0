"""The empty application: the same FastAPI, the same runner, one route that does nothing. What is left is ours."""

import argparse

from fastapi import FastAPI
from pydantic import BaseModel

from app.serve import open_socket, serve


class Hello(BaseModel):
    """The smallest answer."""

    hello: str


app = FastAPI()


@app.get("/hello")
async def say_hello() -> Hello:
    """Nothing read, nothing decided."""
    return Hello(hello="world")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.calibrator", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    serve(app, open_socket(None, "127.0.0.1", parser.parse_args().port))
