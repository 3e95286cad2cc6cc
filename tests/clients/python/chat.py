"""Chat completions."""

import json

from openai import AsyncOpenAI, pydantic_function_tool

from weather import GetWeather, Weather


class Chat:
    def __init__(self, client: AsyncOpenAI, scene: dict):
        self.completions = client.chat.completions
        self.scene = scene
        self.user = {"role": "user", "content": scene["question"]}

    async def chat(self, model: str):
        system = {"role": "system", "content": self.scene["system"]}
        reply = await self.completions.create(model=model, messages=[system, self.user])
        return {"text": reply.choices[0].message.content, "tokens": tokens(reply.usage)}

    async def stream(self, model: str):
        pieces = 0
        asked = {"model": model, "messages": [self.user], "stream_options": {"include_usage": True}}
        async with self.completions.stream(**asked) as stream:
            async for event in stream:
                pieces += event.type == "content.delta" and event.delta != ""
            reply = await stream.get_final_completion()
        return {"text": reply.choices[0].message.content, "pieces": pieces, "tokens": tokens(reply.usage)}

    async def tools(self, model: str):
        tool = pydantic_function_tool(GetWeather, **self.scene["tool"])
        return await self.loop(tool, lambda **asked: self.completions.parse(model=model, **asked))

    async def streamed_tools(self, model: str):
        async def ask(**asked):
            async with self.completions.stream(model=model, **asked) as stream:
                return await stream.get_final_completion()

        # The package parses a strict tool's arguments as soon as another call goes on, so it cannot
        # take those of parallel calls in turns.
        function = {**self.scene["tool"], "parameters": GetWeather.model_json_schema()}
        return await self.loop({"type": "function", "function": function}, ask)

    async def loop(self, tool, ask):
        messages = [self.user]
        for _ in range(3):
            reply = await ask(messages=messages, tools=[tool])
            message = reply.choices[0].message
            if not message.tool_calls:
                return message.content
            messages.append(message)
            for call in message.tool_calls:
                wanted = GetWeather.model_validate_json(call.function.arguments)
                degrees = self.scene["degrees"][wanted.city]
                messages.append({"role": "tool", "tool_call_id": call.id, "content": json.dumps({"degrees": degrees})})

    async def structured(self, model: str):
        reply = await self.completions.parse(model=model, messages=[self.user], response_format=Weather)
        return reply.choices[0].message.parsed.model_dump()

    async def image(self, model: str):
        image = {"type": "image_url", "image_url": {"url": self.scene["pngUrl"]}}
        content = [{"type": "text", "text": self.scene["question"]}, image]
        reply = await self.completions.create(model=model, messages=[{"role": "user", "content": content}])
        return reply.choices[0].message.content

    async def abort(self, model: str):
        pieces = 0
        async with await self.completions.create(model=model, messages=[self.user], stream=True) as stream:
            async for chunk in stream:
                pieces += bool(chunk.choices and chunk.choices[0].delta.content)
                if pieces == 3:
                    break

    async def fail(self, model: str, stream: bool):
        reply = await self.completions.create(model=model, messages=[self.user], stream=stream)
        if stream:
            async for _ in reply:
                pass


def tokens(usage):
    return {"prompt": usage.prompt_tokens, "completion": usage.completion_tokens}
