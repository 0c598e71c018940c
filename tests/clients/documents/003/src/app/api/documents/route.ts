// src/app/api/documents/route.ts
import { createServerSupabase } from '@/lib/supabase/server'
import { logPhiAccess } from '@/lib/audit'
import { NextRequest, NextResponse } from 'next/server'
export async function POST(request: NextRequest) {
const supabase = await createServerSupabase()
const { data: { user } } = await supabase.auth.getUser()
if (!user) return NextResponse.json({ error: 'Unauthorized' }, { status: 401 })
const form = await request.formData()
const file = form.get('file') as File
const label = form.get('label') as string
if (!file) return NextResponse.json({ error: 'No file' }, { status: 400 })
// Validate file type — only PDFs and images
const allowed = ['application/pdf', 'image/jpeg', 'image/png']
if (!allowed.includes(file.type))
return NextResponse.json({ error: 'File type not allowed' }, { status: 400 })
// Validate size (10MB max)
if (file.size > 10 * 1024 * 1024)
return NextResponse.json({ error: 'File too large' }, { status: 400 })
const path = `${user.id}/${Date.now()}-${file.name}`
const bytes = await file.arrayBuffer()
const { error } = await supabase.storage
.from('patient-documents')
.upload(path, bytes, { contentType: file.type })
if (error) return NextResponse.json({ error: error.message }, { status: 500 })
await logPhiAccess(user.id, user.id, 'UPLOAD', `document:${label}`)
return NextResponse.json({ path, label })
}
