"""AGENT_SCHEMA: the schemas of an agent's tools, taken from the descriptions of the API.

Takes   an OpenAPI or an OpenRPC document; a method and a path, or the name of a method.
Gives   `Described`: what goes in and comes out, as JSON Schema that stands alone.
Keeps   a tool described by what it asks: nothing is written twice. Parts that a schema refers to
        come with it.
Source  OpenAPI 3.1, OpenRPC 1.3, JSON Schema 2020-12; decision 0043.
"""

from typing import Any
from typing import NamedTuple

Json = dict[str, Any]
COMPONENTS = "#/components/schemas/"
BODY = "body"  # The argument that holds a body, where there are others beside it.
WRAPPED = "result"  # What holds an answer that is no object: a tool's answer must be one.


class Described(NamedTuple):
    """A tool's schemas. `paths` and `queries` are names of arguments, `body` how the body comes.

    `body` is "" for none, "whole" where all arguments are the body, else BODY.
    """

    words: str
    takes: Json
    gives: Json
    paths: tuple[str, ...]
    queries: tuple[str, ...]
    body: str
    is_wrapped: bool


def described_by_openapi(document: Json, method: str, path: str) -> Described | None:
    """Describe a request of an API, None where the document has no such one."""
    operation = document.get("paths", {}).get(path, {}).get(method.lower())
    if operation is None:
        return None
    parameters = operation.get("parameters", [])
    names = {
        where: tuple(each["name"] for each in parameters if each["in"] == where)
        for where in ("path", "query")
    }
    properties = {each["name"]: _described(each) for each in parameters}
    required = [each["name"] for each in parameters if each.get("required")]
    takes = {"type": "object", "properties": properties, "required": required}
    body = ""
    if "requestBody" in operation:
        schema = _json_of(operation["requestBody"])
        if properties:
            body, properties[BODY] = BODY, schema
            required.append(BODY)
        else:
            body, takes = "whole", schema
    answers = operation["responses"]
    good = next(answers[code] for code in ("200", "201") if code in answers)
    gives, is_wrapped = _object(_json_of(good), document)
    words = _sentences(operation.get("summary", ""), operation.get("description", ""))
    return Described(
        words, alone(takes, document), gives, names["path"], names["query"], body, is_wrapped
    )


def described_by_openrpc(document: Json, name: str) -> Described | None:
    """Describe a method of JSON-RPC, None where the document has no such one."""
    method = next((each for each in document["methods"] if each["name"] == name), None)
    if method is None:
        return None
    takes = {
        "type": "object",
        "properties": {
            each["name"]: each["schema"] | {"description": each.get("description", "")}
            for each in method["params"]
        },
        "required": [each["name"] for each in method["params"] if each.get("required")],
        "additionalProperties": False,
    }
    gives, is_wrapped = _object(method["result"]["schema"], document)
    return Described(method.get("summary", ""), takes, gives, (), (), "whole", is_wrapped)


def alone(schema: Json, document: Json) -> Json:
    """Give a schema with all the parts that it refers to inside it."""
    if "$ref" in schema:  # An object must be told at the top.
        schema = document["components"]["schemas"][schema["$ref"].removeprefix(COMPONENTS)]
    parts: Json = {}
    waiting = _references(schema)
    while waiting:
        name = waiting.pop()
        if name not in parts:
            parts[name] = document["components"]["schemas"][name]
            waiting |= _references(parts[name])
    whole = {"additionalProperties": False, **schema} if "properties" in schema else dict(schema)
    moved: Json = _moved(whole)
    return moved | ({"$defs": _moved(parts)} if parts else {})


def _object(schema: Json, document: Json) -> tuple[Json, bool]:
    """Give a schema as an object's, and whether it had to be wrapped for that."""
    whole = alone(schema, document)
    if whole.get("type") == "object":
        return whole, False
    parts = whole.pop("$defs", None)
    wrapped = {"type": "object", "properties": {WRAPPED: whole}, "required": [WRAPPED]}
    return wrapped | ({"$defs": parts} if parts else {}), True


def _described(parameter: Json) -> Json:
    """Give the schema of a parameter; one that may be left out is not asked to be null."""
    schema = dict(parameter.get("schema", {}))
    schema["description"] = parameter.get("description", "")
    return schema


def _json_of(body: Json) -> Json:
    schema: Json = body["content"]["application/json"]["schema"]
    return schema


def _references(schema: Any) -> set[str]:
    """Give the names of the parts that a schema refers to itself."""
    if isinstance(schema, dict):
        here = {schema["$ref"].removeprefix(COMPONENTS)} if "$ref" in schema else set()
        return here.union(*map(_references, schema.values()))
    if isinstance(schema, list):
        return set().union(*map(_references, schema))
    return set()


def _moved(schema: Any) -> Any:
    """Let references lead to the parts inside. What is of one kind may be of another: 5 of 5.0."""
    if isinstance(schema, dict):
        return {
            "anyOf" if name == "oneOf" else name: value.replace(COMPONENTS, "#/$defs/")
            if name == "$ref"
            else _moved(value)
            for name, value in schema.items()
        }
    return [_moved(each) for each in schema] if isinstance(schema, list) else schema


def _sentences(*words: str) -> str:
    return " ".join(each if each.endswith(".") else f"{each}." for each in words if each)
