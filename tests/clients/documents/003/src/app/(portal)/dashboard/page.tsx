// src/app/(portal)/dashboard/page.tsx
import { createServerSupabase } from '@/lib/supabase/server'
import { redirect } from 'next/navigation'
import { logPhiAccess } from '@/lib/audit'
export default async function DashboardPage() {
const supabase = await createServerSupabase()
const { data: { user } } = await supabase.auth.getUser()
if (!user) redirect('/login')
// Fetch patient profile — RLS ensures they only see their own
const { data: profile } = await supabase
.from('patient_profiles')
.select('first_name, last_name, mrn')
.single()
const { data: upcomingAppts } = await supabase
.from('appointments')
.select('*')
.eq('status', 'scheduled')
.gte('scheduled_at', new Date().toISOString())
.order('scheduled_at')
.limit(3)
await logPhiAccess(user.id, user.id, 'READ', 'dashboard')
return (
<div className="p-6">
<h1 className="text-2xl font-bold mb-4">
Welcome, {profile?.first_name}
</h1>
<p className="text-sm text-muted-foreground mb-6">MRN: {profile?.mrn}</p>
<h2 className="text-lg font-semibold mb-3">Upcoming Appointments</h2>
{upcomingAppts?.map(appt => (
<div key={appt.id} className="p-4 border rounded-lg mb-2">
<p className="font-medium">{appt.appointment_type}</p>
<p className="text-sm text-muted-foreground">
{new Date(appt.scheduled_at).toLocaleString()} — {appt.provider_name}
</p>
</div>
))}
</div>
)
}
