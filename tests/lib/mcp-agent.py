# SPDX-License-Identifier: ISC
"""An agent with the client of PyPI (mcp): it creates a task, and does so again
with the same key if it gets no answer.

usage: mcp-agent.py URL MODE TITLE

MODE is how the client finds out what is spoken: auto, legacy or a version.  What
is printed is the version, and the task as it was answered.
"""
import asyncio
import json
import sys

from mcp import Client


async def once(url: str, mode: str, title: str) -> dict[str, object]:
    async with Client(url, mode=mode) as client:
        tools = await client.list_tools()
        names = [tool.name for tool in tools.tools]
        assert "create_task" in names, names
        result = await client.call_tool(
            "create_task", {"title": title, "idempotency_key": title},
            read_timeout_seconds=60)
        assert not result.is_error, result
        wrong = await client.call_tool("create_task", {"title": ""})
        assert wrong.is_error and "/title" in wrong.content[0].text, wrong
        return {"version": client.protocol_version,
                "task": result.structured_content}


async def main() -> None:
    url, mode, title = sys.argv[1:]
    for tries in range(3):
        try:
            print(json.dumps({"tries": tries,
                              **await once(url, mode, title)}))
            return
        except BaseException as e:  # groups of them, too
            print(f"again: {e!r}", file=sys.stderr)
    sys.exit("it was never answered")


asyncio.run(main())
