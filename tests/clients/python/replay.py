"""One request with a body that is given, and everything that the package makes of the answer."""

import inspect

from openai import APIStatusError, AsyncOpenAI, BaseModel

transport = {"extra_headers", "extra_query", "extra_body", "timeout"}


class Replay:
    def __init__(self, client: AsyncOpenAI, scene: dict):
        self.surfaces = {
            "chat": client.chat.completions,
            "completions": client.completions,
            "embeddings": client.embeddings,
            "responses": client.responses,
        }

    async def create(self, surface: str, body: dict):
        """The answer, or its events; those before an error are kept."""
        pieces = []
        try:
            create = self.surfaces[surface].create
            reply = await create(**arguments(create, body))
            if not body.get("stream"):
                return {"pieces": [dumped(reply)]}
            async for piece in reply:
                pieces.append(dumped(piece))
        except Exception as error:
            return {"pieces": pieces, "error": told(error)}
        return {"pieces": pieces}

    async def assemble(self, surface: str, body: dict):
        """The same of a stream that the package puts together."""
        pieces = []
        try:
            stream = self.surfaces[surface].stream
            asked = {name: value for name, value in body.items() if name != "stream"}
            async with stream(**arguments(stream, asked)) as events:
                async for event in events:
                    if surface == "responses":
                        pieces.append(dumped(event))
                    elif event.type == "chunk":
                        pieces.append(dumped(event.chunk))
        except Exception as error:
            return {"pieces": pieces, "error": told(error)}
        return {"pieces": pieces}


def arguments(method, body: dict) -> dict:
    """What the method has no parameter for goes beside, as the package wants it."""
    known = inspect.signature(method).parameters.keys() - transport
    given = {name: value for name, value in body.items() if name in known}
    beside = {name: value for name, value in body.items() if name not in known}
    return {**given, "extra_body": beside}


def dumped(piece):
    """As it was received: members that were not there are not made up."""
    return piece.to_dict(mode="json", warnings=False) if isinstance(piece, BaseModel) else piece


def told(error: Exception) -> dict:
    """The package has classes of their own for errors with a status."""
    status = error.status_code if isinstance(error, APIStatusError) else None
    return {"status": status, "message": f"{type(error).__name__}: {error}"}
