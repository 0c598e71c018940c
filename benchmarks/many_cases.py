"""Fills a deployment with cases of many doctors, as rows that the product would have written."""

from __future__ import annotations

from typing import Any

import psycopg

DOCTORS = 1000

_DOCTORS = """
insert into auth.users (id, email, email_confirmed_at, raw_app_meta_data)
select gen_random_uuid(), 'filler' || n || '@carebase.example', now(), '{"role": "attending"}'
  from generate_series(1, %(count)s) n
"""
# A case in a thousand is the measured doctor's, and at least `own` of them, spread over all the time.
_CASES = """
insert into public.cases (doctor_id, patient_name, patient_age, patient_gender, case_summary, doctor_notes, status,
                          failure_reason, critical_count, created_at, updated_at)
select case when n %% %(step)s = 0 then %(doctor)s::uuid else others.ids[1 + n %% array_length(others.ids, 1)] end,
       (array['Aïcha','Kwame','Maria','Jean','Élodie','Samuel','Fatou','Paul','Grace','Ngozi'])[1 + n %% 10] || ' '
           || (array['NGONO','OSEI','DIALLO','MARTIN','OKAFOR','MENSAH','KEITA'])[1 + n %% 7] || ' ' || n,
       n %% 95, case when n %% 2 = 0 then 'female' else 'male' end,
       'Asthénie et dyspnée d''effort depuis ' || n %% 12 || ' mois, palpitations. Pas de fièvre.',
       'TA 12/8, FC ' || 60 + n %% 60 || '/min, T 36,8 °C.',
       case when n %% 11 = 0 then 'failed' else 'completed' end, case when n %% 11 = 0 then 'analysis_failed' end,
       case when n %% 11 <> 0 then n %% 3 end,
       now() - make_interval(secs => n), now() - make_interval(secs => n)
  from generate_series(1, %(count)s) n,
       (select array_agg(id order by id) as ids from auth.users where id <> %(doctor)s::uuid) others
"""


def fill(connection: psycopg.Connection[Any], doctor: str, *, count: int, own: int) -> int:
    """Bring the number of cases to `count`, of which at least `own` are the doctor's; how many are."""
    connection.execute("set session_replication_role = replica")
    connection.execute(_DOCTORS, {"count": DOCTORS})
    here = connection.execute("select count(*) from public.cases").fetchone()
    more = count - (here[0] if here else 0)
    connection.execute(_CASES, {"count": more, "doctor": doctor, "step": max(1, min(DOCTORS, more // own))})
    connection.execute("reset session_replication_role")
    connection.execute("vacuum analyze public.cases")
    connection.execute("analyze auth.users")
    connection.execute("checkpoint")
    owned = connection.execute("select count(*) from public.cases where doctor_id = %s", [doctor]).fetchone()
    return int(owned[0]) if owned else 0
