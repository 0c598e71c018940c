// Upload a medical document
const filePath = `${patient.id}/lab-results-2026-04-17.pdf`

const { error } = await supabase.storage
  .from('medical-files')
  .upload(filePath, fileBlob, {
    contentType: 'application/pdf',
    upsert:      false
  })
