"""What both trainings share: the optimiser, its schedule and the running average."""

from __future__ import annotations

import copy
import logging
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from torch import Tensor

    from tests.tiny.model import Batch

AVERAGE_DECAY: Final = 0.998
LOG_EVERY_STEPS: Final = 50

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to learn, and how fast."""

    minutes: float
    learning_rate: float
    evaluate_every_s: float = 180
    warm_up_steps: int = 150


class Learner:
    """A teacher (a module that returns its losses by name) and the average of its weights."""

    def __init__(self, teacher: Any, pace: Pace) -> None:
        self.teacher, self.pace = teacher, pace
        self.average = copy.deepcopy(teacher)
        matrices = [weight for weight in teacher.parameters() if weight.dim() > 1]
        vectors = [weight for weight in teacher.parameters() if weight.dim() <= 1]
        groups = [{"params": matrices, "weight_decay": 0.03}, {"params": vectors}]
        self._optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=0)
        self.n_steps = 0

    def learn(self, batches: Iterable[Batch], evaluate: Callable[[Any], None]) -> None:
        """Learn until the time is over; `evaluate` gets the average now and then."""
        began_s = evaluated_s = time.monotonic()
        for batch in batches:
            now_s = time.monotonic()
            progress = (now_s - began_s) / (60 * self.pace.minutes)
            if now_s - evaluated_s > self.pace.evaluate_every_s or progress >= 1:
                evaluated_s = now_s
                evaluate(self.average.eval())
            if progress >= 1:
                return
            losses = self._step(batch, progress)
            if self.n_steps % LOG_EVERY_STEPS == 0:
                described = {name: round(float(loss.detach()), 3) for name, loss in losses.items()}
                _log.info("%.0f s, step %d: %s", now_s - began_s, self.n_steps, described)

    def _step(self, batch: Batch, progress: float) -> dict[str, Tensor]:
        """One update; `progress` from 0 to 1 sets the learning rate (a cosine)."""
        warm = min(1.0, (self.n_steps + 1) / self.pace.warm_up_steps)
        cosine = 0.02 + 0.98 * (1 + math.cos(math.pi * progress)) / 2
        for group in self._optimiser.param_groups:
            group["lr"] = self.pace.learning_rate * warm * cosine
        losses: dict[str, Tensor] = self.teacher(batch)
        self._optimiser.zero_grad()
        torch.stack(tuple(losses.values())).sum().backward()
        torch.nn.utils.clip_grad_norm_(self.teacher.parameters(), 1.0)
        self._optimiser.step()
        self.n_steps += 1
        self._follow()
        return losses

    def _follow(self) -> None:
        decay = min(AVERAGE_DECAY, (1 + self.n_steps) / (10 + self.n_steps))
        with torch.no_grad():
            for kept, new in zip(self.average.parameters(), self.teacher.parameters(), strict=True):
                kept.lerp_(new, 1 - decay)
