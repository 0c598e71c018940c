// Get a signed URL (expires in 1 hour)
const { data: signedUrl } = await supabase.storage
  .from('medical-files')
  .createSignedUrl(filePath, 3600)
