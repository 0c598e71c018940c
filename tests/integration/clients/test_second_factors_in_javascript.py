"""supabase-js, unmodified: a person of staff comes in by two factors, on two devices, and goes back to one."""

from __future__ import annotations

import json
import os
import subprocess

from tests.clients import install

EMAIL, PASSWORD = "dr.smith@clinic.example", "correct horse battery staple"


def test_staff_enrols_shows_and_removes_a_second_factor(javascript, deployment):
    account = deployment.sign_up(email=EMAIL, password=PASSWORD)
    deployment.grant(EMAIL)
    deployment.rows("update private.site_settings set value = 'required' where name = 'staff_mfa' returning name")
    deployment.rows(
        "insert into public.cases (doctor_id, patient_name, patient_age, patient_gender)"
        " values (%s, 'Amina', 40, 'female') returning case_id",
        account,
    )
    environment = {
        **os.environ,
        "ADDRESS": deployment.address,
        "ANON_KEY": deployment.anon_key,
        "EMAIL": EMAIL,
        "PASSWORD": PASSWORD,
    }

    ended = subprocess.run(
        [*javascript.node.node, "factors.mjs"], cwd=install.FOLDER, env=environment,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == {
        "below": [["aal1", "aal1", ["password"]], 0],
        "enrolled": [None, "totp", "data:image/svg+xml;utf-8,<svg x"],
        "wrong": [422, "mfa_verification_failed"],
        "raised": [None, ["aal2", "aal2", ["password", "totp"]], 1],
        "elsewhere": [["aal1", "aal2", ["password"]], 0],
        "shown": [None, ["aal2", "aal2", ["password", "totp"]], 1],
        "listed": [1, [["phone", "verified"]]],
        "removed": [None, "PGRST301"],
        "still": [EMAIL, True],
        "lowered": [["aal1", "aal1", ["password"]], 0],
    }
