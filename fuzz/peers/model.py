"""The model as a shared library, from Python: the tables that it hands out, and calls through its door."""

import ctypes
import json
from typing import NamedTuple

RETURNED, WITHHELD, OVER, VIOLATED, WRONG = range(5)  # enum flt_peers_answer of library.h
PROFILES_OWN = 0xFF  # a switch as the profile has it
RESULTS = 5  # FLT_RESULT_LIMIT
SUCCESS_BELOW = 0x80000000  # NT_SUCCESS


class Answer(NamedTuple):
    kind: int
    status: int
    handles: list  # that the call handed out; none when it failed
    objects: list


class Model:
    def __init__(self, path):
        self._library = ctypes.CDLL(str(path))
        for name in ("table", "rule", "last_breach"):
            getattr(self._library, f"flt_peers_{name}").restype = ctypes.c_char_p
        self._library.flt_peers_calls.restype = ctypes.c_uint64
        self._library.flt_peers_begin.restype = ctypes.c_bool
        self.table = table = json.loads(self._library.flt_peers_table())
        self.profiles, self.switches = table["profiles"], table["switches"]
        self.args = {arg["id"]: arg for arg in table["args"]}
        self.calls = {call["name"]: call for call in table["calls"]}
        self._id = {arg["name"]: arg["id"] for arg in table["args"]}
        self._status, self._out = ctypes.c_uint32(), (ctypes.c_uint64 * RESULTS)()

    def begin(self, profile=0, choices=None):
        """`choices`: {number of a switch: its choice}."""
        values = bytearray([PROFILES_OWN] * len(self.switches))
        for which, choice in (choices or {}).items():
            values[which] = choice
        if not self._library.flt_peers_begin(profile, bytes(values)):
            raise ValueError(f"no such profile or choice: {profile}, {choices}")

    def call(self, name, **arguments):
        row = self.calls[name]
        ids = bytes(self._id[argument] for argument in arguments)
        values = (ctypes.c_uint64 * len(arguments))(*arguments.values())
        kind = self._library.flt_peers_call(row["opcode"], len(ids), ids, values, ctypes.byref(self._status), self._out)
        if kind == WRONG:
            raise ValueError(f"{name} does not take {arguments}")
        there = kind == RETURNED and self._status.value < SUCCESS_BELOW
        handles, objects = ([self._out[i] for i in row[which]] if there else [] for which in ("handles", "objects"))
        return Answer(kind, self._status.value, handles, objects)

    def end(self):
        return self._library.flt_peers_end()

    def rule(self):
        """That was violated; empty without one."""
        return self._library.flt_peers_rule().decode()

    def last_breach(self):
        return self._library.flt_peers_last_breach().decode()

    def calls_made(self):
        return self._library.flt_peers_calls()
