"""From a mapping to a pydantic model, with our errors: unknown keys get a suggestion."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from suite.core.errors import SuiteError, UnknownSettingError, unknown_name

Model = TypeVar("Model", bound=BaseModel)


def parse_config(model: type[Model], config: Mapping[str, Any], section: str) -> Model:
    """Validate ``config`` as ``model``.

    Raises:
        SuiteError: an unknown key (with what was likely meant), or a value out of range.
    """
    for key in config:
        if key not in model.model_fields:
            message = unknown_name(
                f"config key in [{section}]",
                key,
                model.model_fields,
                next_step="Run `suite show` on the algorithm, task or policy to see every key.",
            )
            raise UnknownSettingError(str(message), source=model, given=config)
    try:
        return model(**config)
    except ValidationError as error:
        lines = [_line(item, model, section) for item in error.errors()]
        raise SuiteError(
            "\n".join(lines)
            + "\nRun `suite show` on the algorithm, task or policy to see every key."
        ) from None


def _line(item: Any, model: type[BaseModel], section: str) -> str:
    where = ".".join(str(part) for part in (section, *item["loc"]))
    if item["type"] == "missing" and len(item["loc"]) == 1:
        told = model.model_fields[str(item["loc"][0])].description or "it has no default"
        return f"{where} is not set ({told}), and it must be.\nAdd --set {where}=..."
    given = item.get("input")
    message = str(item["msg"])[:1].lower() + str(item["msg"])[1:]
    return f"{where} = {given!r} is not possible: {message}."
