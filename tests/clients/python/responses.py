"""Responses."""

import json

from openai import AsyncOpenAI, pydantic_function_tool

from weather import GetWeather, Weather


class Responses:
    def __init__(self, client: AsyncOpenAI, scene: dict):
        self.responses = client.responses
        self.scene = scene
        self.question = scene["question"]

    async def chat(self, model: str):
        reply = await self.responses.create(model=model, instructions=self.scene["system"], input=self.question)
        return {"text": reply.output_text, "tokens": tokens(reply.usage)}

    async def stream(self, model: str):
        pieces = 0
        async with self.responses.stream(model=model, input=self.question) as stream:
            async for event in stream:
                pieces += event.type == "response.output_text.delta"
            reply = await stream.get_final_response()
        return {"text": reply.output_text, "pieces": pieces, "tokens": tokens(reply.usage)}

    async def tools(self, model: str):
        return await self.loop(lambda **asked: self.responses.parse(model=model, **asked))

    async def streamed_tools(self, model: str):
        async def ask(**asked):
            async with self.responses.stream(model=model, **asked) as stream:
                return await stream.get_final_response()

        return await self.loop(ask)

    async def loop(self, ask):
        tools = [pydantic_function_tool(GetWeather, **self.scene["tool"])]
        said = [{"role": "user", "content": self.question}]
        for _ in range(3):
            reply = await ask(input=said, tools=tools)
            calls = [item for item in reply.output if item.type == "function_call"]
            if not calls:
                return reply.output_text
            said += reply.output
            for call in calls:
                degrees = self.scene["degrees"][call.parsed_arguments.city]
                output = json.dumps({"degrees": degrees})
                said.append({"type": "function_call_output", "call_id": call.call_id, "output": output})

    async def structured(self, model: str):
        reply = await self.responses.parse(model=model, input=self.question, text_format=Weather)
        return reply.output_parsed.model_dump()

    async def image(self, model: str):
        image = {"type": "input_image", "image_url": self.scene["pngUrl"], "detail": "auto"}
        content = [{"type": "input_text", "text": self.question}, image]
        reply = await self.responses.create(model=model, input=[{"role": "user", "content": content}])
        return reply.output_text

    async def abort(self, model: str):
        pieces = 0
        async with await self.responses.create(model=model, input=self.question, stream=True) as stream:
            async for event in stream:
                pieces += event.type == "response.output_text.delta"
                if pieces == 3:
                    break

    async def fail(self, model: str, stream: bool):
        if not stream:
            await self.responses.create(model=model, input=self.question)
            return
        # An event of type `error` is one like others to the package: what fails is the response that
        # never comes.
        async with self.responses.stream(model=model, input=self.question) as events:
            await events.get_final_response()


def tokens(usage):
    return {"prompt": usage.input_tokens, "completion": usage.output_tokens}
