"""A vector store in memory that answers the part of Qdrant's REST API which README.md lists."""
import json
import math
import os
import re
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = 6333
KEY = os.environ.get("QDRANT__SERVICE__API_KEY")
collections = {}
lock = threading.Lock()


class Problem(Exception):
    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


def collection(name):
    if name not in collections:
        raise Problem(404, f"Not found: Collection `{name}` doesn't exist!")
    return collections[name]


def similarity(distance, left, right):
    dot = sum(a * b for a, b in zip(left, right))
    if distance == "Dot":
        return dot
    if distance == "Euclid":
        return math.dist(left, right)
    lengths = math.hypot(*left) * math.hypot(*right)
    return dot / lengths if lengths else 0.0


def matches(payload, condition):
    kept = all(payload.get(c["key"]) == c["match"]["value"] for c in condition.get("must", []))
    return kept and not any(payload.get(c["key"]) == c["match"]["value"] for c in condition.get("must_not", []))


def list_collections(_):
    return {"collections": [{"name": name} for name in sorted(collections)]}


def create(body, name):
    if name in collections:
        raise Problem(409, f"Wrong input: Collection `{name}` already exists!")
    vectors = body.get("vectors", {})
    if not isinstance(vectors.get("size"), int):
        raise Problem(400, "Format error in JSON body: missing field `size`")
    collections[name] = {"vectors": {"distance": "Cosine", **vectors}, "points": {}}
    return True


def describe(_, name):
    found = collection(name)
    return {
        "status": "green",
        "points_count": len(found["points"]),
        "config": {"params": {"vectors": found["vectors"]}},
    }


def remove(_, name):
    return collections.pop(name, None) is not None


def upsert(body, name):
    found = collection(name)
    for point in body["points"]:
        size = found["vectors"]["size"]
        if len(point["vector"]) != size:
            raise Problem(400, f"Wrong input: Vector dimension error: expected dim: {size}, got {len(point['vector'])}")
    for point in body["points"]:
        found["points"][point["id"]] = point
    return {"operation_id": 0, "status": "completed"}


def search(body, name):
    found = collection(name)
    distance = found["vectors"]["distance"]
    scored = [
        {
            "id": point["id"],
            "version": 0,
            "score": similarity(distance, body["vector"], point["vector"]),
            **({"payload": point.get("payload") or {}} if body.get("with_payload") else {}),
        }
        for point in found["points"].values()
        if matches(point.get("payload") or {}, body.get("filter") or {})
    ]
    scored.sort(key=lambda hit: hit["score"], reverse=distance != "Euclid")
    return scored[: body.get("limit", 10)]


def count(body, name):
    points = collection(name)["points"].values()
    return {"count": sum(matches(point.get("payload") or {}, body.get("filter") or {}) for point in points)}


def delete(body, name):
    points = collection(name)["points"]
    chosen = body.get("points")
    if chosen is None:
        chosen = [key for key, point in points.items() if matches(point.get("payload") or {}, body["filter"])]
    for key in chosen:
        points.pop(key, None)
    return {"operation_id": 0, "status": "completed"}


ROUTES = [
    ("GET", r"/collections", list_collections),
    ("PUT", r"/collections/([^/]+)", create),
    ("GET", r"/collections/([^/]+)", describe),
    ("DELETE", r"/collections/([^/]+)", remove),
    ("PUT", r"/collections/([^/]+)/points", upsert),
    ("POST", r"/collections/([^/]+)/points/search", search),
    ("POST", r"/collections/([^/]+)/points/count", count),
    ("POST", r"/collections/([^/]+)/points/delete", delete),
]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.split("?")[0].rstrip("/")
        if path in ("/readyz", "/livez", "/healthz"):
            return self.reply(200, b"all shards are ready", "text/plain")
        if path == "":
            return self.send(200, {"title": "qdrant - vector search engine", "version": "1.15.0"})
        if KEY and self.headers.get("api-key") != KEY:
            return self.reply(401, b"Must provide an API key or an Authorization bearer token", "text/plain")
        try:
            with lock:
                self.send(200, {"result": self.route(path, body), "status": "ok", "time": 0.0})
        except Problem as problem:
            self.send(problem.status, {"status": {"error": str(problem)}, "time": 0.0})
        except (KeyError, TypeError, ValueError) as error:
            self.send(400, {"status": {"error": f"Format error in JSON body: {error}"}, "time": 0.0})

    def route(self, path, body):
        for method, pattern, act in ROUTES:
            found = re.fullmatch(pattern, path)
            if found and method == self.command:
                return act(json.loads(body or b"{}"), *found.groups())
        raise Problem(404, "Not found")

    def send(self, status, value):
        self.reply(status, json.dumps(value).encode(), "application/json")

    def reply(self, status, content, kind):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = answer

    def log_message(self, *_):
        pass


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
server = ThreadingHTTPServer(("0.0.0.0", PORT), Handler)
print(f"INFO qdrant::actix: Qdrant HTTP listening on {PORT}", flush=True)
server.serve_forever()
