// src/lib/audit.ts
import { createServerSupabase } from './supabase/server'
import { headers } from 'next/headers'
export async function logPhiAccess(
userId: string,
patientId: string,
action: string,
resource: string
) {
const supabase = await createServerSupabase()
const headersList = await headers()
await supabase.from('phi_audit_log').insert({
user_id: userId,
patient_id: patientId,
action,
resource,
ip_address: headersList.get('x-forwarded-for') ?? 'unknown',
user_agent: headersList.get('user-agent') ?? 'unknown'
})
}
