"""The OpenAPI description of the routes, generated from the contract.

python -m paddle_workbench.server.openapi                 # prints it
python -m paddle_workbench.server.openapi --json-schema   # the models alone, for src/contract/
"""

from __future__ import annotations

import json
import sys
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema
from pydantic_core import core_schema

from .. import __version__, contract
from .extension import PREFIX
from .routes import ROUTES

__all__ = ["json_schema", "openapi", "schemas_by_module"]


class _SerializedSchema(GenerateJsonSchema):
    """Schemas of serialised models: all fields are required, and without titles.

    In TypeScript a title would become a type.
    """

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's signature
        return False

    def field_is_required(
        self,
        field: core_schema.ModelField | core_schema.DataclassField | core_schema.TypedDictField,
        total: bool,  # noqa: ARG002, FBT001 - pydantic's signature
    ) -> bool:
        return field["type"] == "model-field"


def json_schema(
    ref_template: str = "#/$defs/{model}",
    generator: type[GenerateJsonSchema] = GenerateJsonSchema,
) -> dict[str, Any]:
    """Return the JSON schema of every model of the contract, as it is serialised.

    Parameters
    ----------
    ref_template : str
        The format of references to other models.
    generator : type of GenerateJsonSchema
    """
    _, schema = models_json_schema(
        [(model, "serialization") for model in _models()],
        ref_template=ref_template,
        schema_generator=generator,
    )
    return schema


def schemas_by_module() -> dict[str, dict[str, Any]]:
    """Return the JSON schemas of the models by name, for each module of the contract."""
    definitions = json_schema(generator=_SerializedSchema)["$defs"]
    modules: dict[str, dict[str, Any]] = {}
    for model in _models():
        module = model.__module__.rpartition(".")[2]
        modules.setdefault(module, {})[model.__name__] = definitions[model.__name__]
    return dict(sorted(modules.items()))


def _models() -> list[type[BaseModel]]:
    return [
        value
        for value in (getattr(contract, name) for name in contract.__all__)
        if isinstance(value, type) and issubclass(value, BaseModel) and value is not contract.Model
    ]


def openapi() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the server extension."""
    paths: dict[str, Any] = {}
    for route in ROUTES:
        operation: dict[str, Any] = {
            "summary": route.summary,
            "operationId": f"{route.method}_{route.path.replace('/', '_')}",
            "responses": {
                "200": {"description": "Success.", "content": _content(route.response)},
                "default": {
                    "description": "The reason of a failure.",
                    "content": _content(contract.ErrorMessage),
                },
            },
        }
        if route.result is not None:
            operation["description"] = (
                f"The result of the job, from `jobs/result`, is a `{route.result.__name__}`."
            )
        if route.query:
            operation["parameters"] = [
                {"name": name, "in": "query", "required": required, "schema": {"type": "string"}}
                for name, required in route.query.items()
            ]
        if route.request is not None:
            operation["requestBody"] = {"required": True, "content": _content(route.request)}
        paths.setdefault(f"/{PREFIX}/{route.path}", {})[route.method] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Paddle Workbench", "version": __version__},
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "Authorization"}
            },
            "schemas": json_schema("#/components/schemas/{model}")["$defs"],
        },
    }


def _content(model: type[BaseModel] | None) -> dict[str, Any]:
    schema = {} if model is None else {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"application/json": {"schema": schema}}


if __name__ == "__main__":
    document = schemas_by_module() if "--json-schema" in sys.argv[1:] else openapi()
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
