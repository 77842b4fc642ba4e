"""Writes ONNX files without any package: the messages of onnx.proto that a classifier needs, in protobuf's wire format."""
import struct

FLOAT, INT64, STRING, DOUBLE = 1, 7, 8, 11
ML = "ai.onnx.ml"


def _varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(field, value):
    return _varint(field << 3) + _varint(value)


def _bytes(field, value):
    value = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _float(field, value):
    return _varint(field << 3 | 5) + struct.pack("<f", value)


def _attribute(name, value):
    first = value[0] if isinstance(value, (list, tuple)) else value
    many = isinstance(value, (list, tuple))
    body = _bytes(1, name)
    if isinstance(first, str):
        body += b"".join(_bytes(9 if many else 4, v) for v in (value if many else [value])) + _number(20, 8 if many else 3)
    elif isinstance(first, float):
        body += b"".join(_float(7 if many else 2, v) for v in (value if many else [value])) + _number(20, 6 if many else 1)
    else:
        body += b"".join(_number(8 if many else 3, v) for v in (value if many else [value])) + _number(20, 7 if many else 2)
    return _bytes(5, body)


def node(op, inputs, outputs, domain="", **attributes):
    return (b"".join(_bytes(1, i) for i in inputs) + b"".join(_bytes(2, o) for o in outputs) + _bytes(3, outputs[0] + "_node") + _bytes(4, op)
            + b"".join(_attribute(name, value) for name, value in attributes.items()) + (_bytes(7, domain) if domain else b""))


def constant(name, values, shape, kind=FLOAT):
    raw = struct.pack(f"<{len(values)}{'f' if kind == FLOAT else 'q'}", *values)
    return b"".join(_number(1, d) for d in shape) + _number(2, kind) + _bytes(8, name) + _bytes(9, raw)


def tensor(kind, shape):
    dims = b"".join(_bytes(1, _bytes(2, "N") if d is None else _number(1, d)) for d in shape)
    return _bytes(1, _number(1, kind) + _bytes(2, dims))


def sequence_of_maps(key=INT64):
    """What skl2onnx's ZipMap gives."""
    return _bytes(4, _bytes(1, _bytes(5, _number(1, key) + _bytes(2, _bytes(1, _number(1, FLOAT))))))


def model(nodes, inputs, outputs, constants=()):
    """inputs and outputs: name to type."""
    def described(items):
        return [_bytes(1, name) + _bytes(2, kind) for name, kind in items.items()]
    graph = (b"".join(_bytes(1, n) for n in nodes) + _bytes(2, "made") + b"".join(_bytes(5, c) for c in constants)
             + b"".join(_bytes(11, i) for i in described(inputs)) + b"".join(_bytes(12, o) for o in described(outputs)))
    return _number(1, 8) + _bytes(2, "FraudStreams tests") + _bytes(7, graph) + _bytes(8, _bytes(1, "") + _number(2, 15)) + _bytes(8, _bytes(1, ML) + _number(2, 3))
