// Fetch patients — RLS automatically filters to care team only
const { data: patients, error } = await supabase
  .from('patients')
  .select('id, first_name, last_name, mrn, date_of_birth')
  .order('last_name')
