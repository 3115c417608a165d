"""HTTP in memory: a provider's stand-in is called in this very loop, and the weather decides how it fares."""

import httpx

from tests.simulate.weather import Weather


class Wire(httpx.AsyncBaseTransport):
    """What a client of ours has instead of a network."""

    def __init__(self, app: httpx._transports.asgi._ASGIApp, weather: Weather) -> None:
        self._to, self._weather = httpx.ASGITransport(app), weather

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Carry a request out, or lose it, or lose its answer."""
        self._weather.passing("before a request")
        how = self._weather.wire()
        match how:
            case "no connection":
                raise httpx.ConnectError("no connection (drawn)", request=request)
            case "lost before":
                raise httpx.ReadTimeout("lost before (drawn)", request=request)
            case "500 before":
                return httpx.Response(500, json={}, request=request)
            case "429":
                return httpx.Response(429, headers={"retry-after": "7"}, json={}, request=request)
            case _:
                answer = await self._to.handle_async_request(request)
                body = await answer.aread()
        self._weather.passing("after a request")
        match how:
            case "lost after":
                raise httpx.ReadTimeout("lost after (drawn)", request=request)
            case "500 after":
                return httpx.Response(500, json={}, request=request)
            case "half":
                return httpx.Response(answer.status_code, content=body[: len(body) // 2], request=request)
            case _:
                return httpx.Response(
                    answer.status_code, headers=answer.headers, content=body, request=request
                )


def client(app: httpx._transports.asgi._ASGIApp, weather: Weather, base_url: str = "") -> httpx.AsyncClient:
    """Make a client whose every request goes to this app."""
    return httpx.AsyncClient(transport=Wire(app, weather), base_url=base_url, trust_env=False)
