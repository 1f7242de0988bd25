"""What is said of a picture, and its form."""

from pydantic import BaseModel, ConfigDict, Field

TEXT = {"type": "string"}
SCHEMA = {
    "type": "object",
    "properties": {
        "title": TEXT,
        "alt_text": TEXT,
        "tags": {"type": "array", "items": TEXT},
        "copy": TEXT,
    },
    "required": ["title", "alt_text", "tags", "copy"],
    "additionalProperties": False,
}


class Words(BaseModel):
    """What is said of a picture, as `SCHEMA` has it."""

    model_config = ConfigDict(extra="forbid", strict=True, str_strip_whitespace=True)

    title: str = Field(min_length=1)
    alt_text: str = Field(min_length=1)
    tags: list[str]
    copy_: str = Field(min_length=1, alias="copy")
