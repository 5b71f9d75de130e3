"""moto in a process of its own: its state is global to a process, so that hosts would share it otherwise.

Prints its port, and ends with its standard input. With `enforced` as argument it lets nobody do anything
that no policy allows, but for a first user, whose keys it prints.
"""

import os
import sys

os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"


def main() -> None:
    from moto import settings  # noqa: PLC0415 - reads the environment when imported
    from moto.iam.access_control import IAMRequestBase  # noqa: PLC0415
    from moto.iam.models import iam_backends  # noqa: PLC0415
    from moto.server import ThreadedMotoServer  # noqa: PLC0415

    words = []
    if "enforced" in sys.argv:
        # moto signs GET requests with a query otherwise than AWS; who asks it still takes from the key.
        setattr(IAMRequestBase, "check_signature", lambda _: None)  # noqa: B010 - mypy knows it as a method
        iam = iam_backends["123456789012"]["aws"]
        iam.create_user("us-east-1", "owner")
        iam.attach_user_policy("arn:aws:iam::aws:policy/AdministratorAccess", "owner")
        key = iam.create_access_key("owner")
        words = [key.access_key_id, key.secret_access_key]
        settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    sys.stdout.write(" ".join([str(server.get_host_and_port()[1]), *words]) + "\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
