"""The method that has a language model clean a text."""

from __future__ import annotations

from msgspec import UNSET

from sidecar.protocol.messages import DeltaEvent, LlmOptimizeParams, LlmOptimizeResult
from sidecar.rpc.dispatch import Call, Handler


class PolishHandlers:
    """What `llm.optimize` does. Its caller's time limit is the only one for the whole."""

    def table(self) -> dict[str, Handler]:
        """The handlers by method name."""
        return {"llm.optimize": self.optimize}

    async def optimize(self, call: Call, params: LlmOptimizeParams) -> LlmOptimizeResult:
        """Clean a text; the key is held by this call alone."""
        from sidecar.llm.options import LlmService, PolishOptions
        from sidecar.llm.polishing import polish
        from sidecar.rpc.mapping import to_ms

        service = LlmService(params.url, params.model, params.key or "")
        options = PolishOptions(params.language or "", params.hotwords or ())
        done = await polish(
            params.text, service, options, lambda text: call.emit(DeltaEvent(text=text))
        )
        first_s = done.first_delta_s
        return LlmOptimizeResult(
            text=done.text,
            first_delta_ms=UNSET if first_s is None else to_ms(first_s),
            total_ms=to_ms(done.total_s),
        )
