/* What tests of Veo's machine ask for, and what Google answers. */
#ifndef GV_TESTS_VEO_WORDS_H
#define GV_TESTS_VEO_WORDS_H

#define GENERATE(input, config) "{\"operation\":\"generate\",\"input\":" input ",\"config\":" config "}"
#define OPTIONS(options) "{\"provider_options\":{" options "}}"
#define A_BOAT "{\"text\":\"a boat\"}"
#define TEXT GENERATE(A_BOAT, "{}")
#define STORED GENERATE(A_BOAT, OPTIONS("\"storage_uri\":\"gs://my-bucket/run\",\"sample_count\":\"2\""))
#define DARING GENERATE(A_BOAT, OPTIONS("\"resubmit_uncertain\":\"true\""))
#define TWO_PICTURES                                                                                                   \
    GENERATE("{\"image\":{\"data\":{\"url\":\"https://x.example/a.png\"}}}",                                           \
             "{\"lastframe\":{\"url\":\"https://x.example/b.png\"}}")
#define GEMINI GENERATE(A_BOAT, OPTIONS("\"surface\":\"gemini\",\"allow_retired\":\"true\""))

#define MODEL_PATH "/v1/projects/my-proj/locations/us-central1/publishers/google/models/veo-3.1-fast-generate-001"
#define NAME                                                                                                           \
    "projects/my-proj/locations/us-central1/publishers/google/models/veo-3.1-fast-generate-001/operations/a1b07c8e"
#define GEMINI_NAME "models/veo-3.1-fast-generate-preview/operations/321kvdcepmcg"
#define CREATED "{\"name\":\"" NAME "\"}"
#define GEMINI_CREATED "{\"name\":\"" GEMINI_NAME "\"}"
#define DONE(response) "{\"name\":\"" NAME "\",\"done\":true,\"response\":{" response "}}"
#define INLINE "{\"bytesBase64Encoded\":\"blob:0\",\"mimeType\":\"video/mp4\"}"
#define FILM(name) "{\"gcsUri\":\"gs://my-bucket/run/gv-job-42/12/" name "\",\"mimeType\":\"video/mp4\"}"
#define FILM_PATH(name) "/storage/v1/b/my-bucket/o/run%2Fgv-job-42%2F12%2F" name "?alt=media"
#define OBJECT(name) "{\"name\":\"run/gv-job-42/12/" name "\",\"size\":\"9\"}"
#define GEMINI_DONE(uri)                                                                                               \
    "{\"name\":\"" GEMINI_NAME "\",\"done\":true,\"response\":{\"generateVideoResponse\":{\"generatedSamples\":["      \
    "{\"video\":{\"uri\":\"" uri "\"}}]}}}"
#define ENDED(code, message)                                                                                           \
    "{\"name\":\"" NAME "\",\"done\":true,\"error\":{\"code\":" code ",\"message\":\"" message "\"}}"
#define REFUSED(http, status, message)                                                                                 \
    "{\"error\":{\"code\":" http ",\"message\":\"" message "\",\"status\":\"" status "\"}}"
#define DENIED REFUSED("401", "UNAUTHENTICATED", "no")
#define BUSY REFUSED("429", "RESOURCE_EXHAUSTED", "Quota exceeded")
#define GONE REFUSED("404", "NOT_FOUND", "no such operation")
#define FORBIDDEN REFUSED("403", "PERMISSION_DENIED", "no")

#endif
