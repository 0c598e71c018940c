-- Run in Supabase SQL editor
-- Patient profiles (extends auth.users)
CREATE TABLE patient_profiles (
id UUID PRIMARY KEY REFERENCES auth.users(id),
mrn TEXT UNIQUE NOT NULL, -- Medical Record Number
first_name TEXT NOT NULL,
last_name TEXT NOT NULL,
dob DATE NOT NULL,
phone TEXT,
updated_at TIMESTAMPTZ DEFAULT NOW()
);
-- Appointments
CREATE TABLE appointments (
id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
patient_id UUID NOT NULL REFERENCES auth.users(id),
provider_name TEXT NOT NULL,
appointment_type TEXT NOT NULL,
scheduled_at TIMESTAMPTZ NOT NULL,
status TEXT NOT NULL DEFAULT 'scheduled'
CHECK (status IN ('scheduled', 'confirmed', 'completed', 'cancelled')),
notes TEXT,
created_at TIMESTAMPTZ DEFAULT NOW()
);
-- Secure messages
CREATE TABLE secure_messages (
id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
patient_id UUID NOT NULL REFERENCES auth.users(id),
sender_id UUID NOT NULL REFERENCES auth.users(id),
subject TEXT NOT NULL,
body TEXT NOT NULL,
is_read BOOLEAN DEFAULT FALSE,
created_at TIMESTAMPTZ DEFAULT NOW()
);
-- PHI audit log
CREATE TABLE phi_audit_log (
id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
user_id UUID REFERENCES auth.users(id),
patient_id UUID,
action TEXT NOT NULL,
resource TEXT NOT NULL,
ip_address TEXT,
user_agent TEXT,
created_at TIMESTAMPTZ DEFAULT NOW()
);
-- Enable RLS
ALTER TABLE patient_profiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE appointments ENABLE ROW LEVEL SECURITY;
ALTER TABLE secure_messages ENABLE ROW LEVEL SECURITY;
-- Patients see only their own data
CREATE POLICY "patients_own_profile" ON patient_profiles FOR ALL USING (id = auth.uid());
CREATE POLICY "patients_own_appts" ON appointments FOR ALL USING (patient_id = auth.uid());
CREATE POLICY "patients_own_messages" ON secure_messages FOR ALL USING (patient_id = auth.uid());
