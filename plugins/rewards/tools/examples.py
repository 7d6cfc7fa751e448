"""Rows to audit with, written for this project: typed tools, one call, several, order, none."""

from collections.abc import Mapping
from typing import Any

WEATHER = {
    "name": "weather.forecast",
    "description": "Forecast for a place.",
    "parameters": {
        "type": "object",
        "properties": {
            "place": {"type": "string"},
            "days": {"type": "integer", "default": 1},
            "unit": {"type": "string", "enum": ["celsius", "kelvin"], "default": "celsius"},
        },
        "required": ["place"],
    },
}
LAMP = {
    "name": "set_lamp",
    "description": "Switch a lamp and set its brightness from 0 to 1.",
    "parameters": {
        "type": "object",
        "properties": {
            "room": {"type": "string"},
            "on": {"type": "boolean"},
            "brightness": {"type": "number"},
        },
        "required": ["room", "on"],
    },
}
ORDER = {
    "name": "order_parts",
    "description": "Order parts; the labels of an order are a set.",
    "parameters": {
        "type": "object",
        "properties": {
            "parts": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"id": {"type": "string"}, "count": {"type": "integer"}},
                    "required": ["id", "count"],
                },
            },
            "labels": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        },
        "required": ["parts"],
    },
}

EXAMPLES: tuple[Mapping[str, Any], ...] = (
    {
        "name": "one",
        "category": "single",
        "prompt": "What is the weather in Oslo over the next three days?",
        "tools": [WEATHER, LAMP],
        "answer": [{"name": "weather.forecast", "arguments": {"place": "Oslo", "days": 3}}],
    },
    {
        "name": "typed",
        "category": "single",
        "prompt": "Dim the kitchen lamp to half.",
        "tools": [LAMP],
        "answer": [
            {"name": "set_lamp", "arguments": {"room": "kitchen", "on": True, "brightness": 0.5}}
        ],
    },
    {
        "name": "nested",
        "category": "single",
        "prompt": "Order two B7 bolts and one N7 nut, urgent and fragile.",
        "tools": [ORDER, LAMP],
        "answer": [
            {
                "name": "order_parts",
                "arguments": {
                    "parts": [{"id": "B7", "count": 2}, {"id": "N7", "count": 1}],
                    "labels": ["urgent", "fragile"],
                },
            }
        ],
    },
    {
        "name": "parallel",
        "category": "parallel",
        "prompt": "Compare the weather of Lima and Quito, in kelvin, and switch off the hall lamp.",
        "tools": [WEATHER, LAMP, ORDER],
        "possible_answer": [
            {"weather.forecast": {"place": ["Lima", "Lima, Peru"], "unit": ["kelvin"]}},
            {"weather.forecast": {"place": ["Quito", "Quito, Ecuador"], "unit": ["kelvin"]}},
            {"set_lamp": {"room": ["hall"], "on": [False], "brightness": [0, ""]}},
        ],
    },
    {
        "name": "ordered",
        "category": "ordered",
        "prompt": "Switch the desk lamp on, then off again.",
        "tools": [LAMP],
        "ordered": True,
        "answer": [
            {"name": "set_lamp", "arguments": {"room": "desk", "on": True}},
            {"name": "set_lamp", "arguments": {"room": "desk", "on": False}},
        ],
    },
    {
        "name": "none",
        "category": "irrelevance",
        "prompt": "Who wrote the Iliad?",
        "tools": [WEATHER, ORDER],
        "answer": [],
    },
)
