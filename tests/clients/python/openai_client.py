"""OpenAI's official Python package at the other end of a pipe. A line of JSON that comes in names
one thing to do, a line that goes out says what came of it, under the same id; many may be under way
at once. It ends when its input does."""

import asyncio
import functools
import json
import sys

import openai

import chat
import replay
import responses

doing = {"chat": chat.Chat, "responses": responses.Responses, "replay": replay.Replay}


@functools.cache
def client_of(gateway: str, key: str) -> openai.AsyncOpenAI:
    # A proxy of the environment is not for a gateway on this machine.
    http_client = openai.DefaultAsyncHttpxClient(trust_env=False)
    return openai.AsyncOpenAI(base_url=f"{gateway}/v1", api_key=key, max_retries=0, http_client=http_client)


async def perform(id: int, gateway: str, key: str, on: str, do: str, scene: dict, args: dict) -> None:
    try:
        result = await getattr(doing[on](client_of(gateway, key), scene), do)(**args)
        line = json.dumps({"id": id, "result": result})
    except Exception as error:
        line = json.dumps({"id": id, "error": replay.told(error)})
    print(line, flush=True)


async def main() -> None:
    under_way = set()
    while line := await asyncio.to_thread(sys.stdin.buffer.readline):
        task = asyncio.create_task(perform(**json.loads(line)))
        under_way.add(task)
        task.add_done_callback(under_way.discard)


asyncio.run(main())
