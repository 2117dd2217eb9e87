"""Which prompt label a user gets while an experiment runs: always the same one, by a digest of who asks.

# experiment.yaml, named by DBAGENT_EXPERIMENT
name: terse-prompt        # another name deals the users anew
arms:                     # a label and its weight; the first is the one that the others are compared with
  production: 50
  variant_a: 25
  variant_b: 25
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, ValidationError

from agent.errors import SettingsError
from tools.handwriting import Handwritten, what_is_wrong

_STEPS = 2**64


@dataclass(frozen=True)
class Arm:
    """A label, and how large a part of the users gets it, compared with the other arms' weights."""

    label: str
    weight: float


@dataclass(frozen=True)
class Experiment:
    """Arms, of which every user has one. Without arms nobody takes part."""

    name: str = ""
    arms: tuple[Arm, ...] = ()

    def arm_of(self, who: str) -> str | None:
        """The label of that user's arm; None for nobody, who could not be given the same one twice.

        A stable digest and not hash(), which is salted in every process.
        """
        if not (self.arms and who):
            return None
        digest = hashlib.sha256(f"{self.name}\0{who}".encode("utf-8", "replace")).digest()
        place = int.from_bytes(digest[:8], "big") / _STEPS * math.fsum(arm.weight for arm in self.arms)
        for arm in self.arms:
            place -= arm.weight
            if place < 0:
                return arm.label
        return self.arms[-1].label


class _File(Handwritten):
    name: str = Field(min_length=1, max_length=100)
    arms: dict[str, Annotated[float, Field(gt=0, allow_inf_nan=False)]] = Field(min_length=2)


def read_experiment(path: Path, named_by: str = "the path") -> Experiment:
    """The experiment of a file, which `named_by` names. Raises SettingsError, naming what is wrong in it."""
    try:
        read = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise SettingsError(f"The experiment {path} cannot be read: {reason}. Check {named_by}.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        raise SettingsError(f"{place}: this is no YAML ({getattr(error, 'problem', error)}).") from None
    except ValidationError as error:
        at, said = what_is_wrong(error)
        where = f"{'.'.join(map(str, at))}: " if at else ""
        raise SettingsError(
            f"The experiment {path}: {where}{said} It has a name, and at least two arms with their weights."
        ) from None
    return Experiment(read.name, tuple(Arm(label, weight) for label, weight in read.arms.items()))
