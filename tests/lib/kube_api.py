"""A plain client of a real apiserver for tests: JSON in, JSON out, one connection kept a thread."""
import concurrent.futures
import http.client
import json
import ssl
import threading

PATCHES = {"merge": "application/merge-patch+json", "strategic": "application/strategic-merge-patch+json"}


class ApiError(Exception):
    def __init__(self, code, text):
        super().__init__(f"{code}: {text[:600]}")
        self.code = code


class Api:
    def __init__(self, plane, user="admin"):
        self.plane, self.user = plane, user
        self.local = threading.local()

    def connection(self):
        if not getattr(self.local, "connection", None):
            self.local.connection = http.client.HTTPSConnection("127.0.0.1", self.plane.port, timeout=90,
                                                                context=ssl._create_unverified_context())
        return self.local.connection

    def request(self, method, path, body=None, content_type="application/json"):
        """The answer; ApiError where it is not 2xx, OSError where there is none."""
        headers = {"Authorization": "Bearer " + self.plane.tokens[self.user], "Content-Type": content_type}
        is_used = bool(getattr(self.local, "connection", None))
        connection = self.connection()
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            self.local.connection = None
            if is_used and method == "GET":     # the server was another one when this connection began
                return self.request(method, path, body, content_type)
            raise OSError(str(error)) from error
        if answer.status >= 300:
            raise ApiError(answer.status, text)
        return json.loads(text) if text else None

    def get(self, path):
        return self.request("GET", path)

    def post(self, path, body):
        return self.request("POST", path, body)

    def put(self, path, body):
        return self.request("PUT", path, body)

    def patch(self, path, body, kind="merge"):
        return self.request("PATCH", path, body, PATCHES[kind])

    def delete(self, path, grace=None):
        return self.request("DELETE", path, None if grace is None else {"gracePeriodSeconds": grace})

    def each(self, function, items, connections=8):
        """function(item) for all, several at once; the results in order."""
        with concurrent.futures.ThreadPoolExecutor(connections) as pool:
            return list(pool.map(function, items))
