/* What tests of Runway's machine ask for, and what Runway answers. */
#ifndef GV_TESTS_RUNWAY_WORDS_H
#define GV_TESTS_RUNWAY_WORDS_H

#define TEXT "{\"operation\":\"generate\",\"input\":{\"text\":\"a boat\"},\"config\":{}}"
#define BY_PICTURE "{\"operation\":\"generate\",\"input\":{\"text\":\"a boat\"},\"config\":{\"model\":\"gen4_turbo\"}}"
#define DARING                                                                                                         \
    "{\"operation\":\"generate\",\"input\":{\"text\":\"a boat\"},"                                                     \
    "\"config\":{\"provider_options\":{\"resubmit_uncertain\":\"true\"}}}"
#define SHA "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define LARGE                                                                                                          \
    "{\"operation\":\"upscale_video\",\"input\":{\"blob\":{\"sha256\":\"" SHA "\",\"bytes\":9000000,"                  \
    "\"mime_type\":\"video/mp4\"}}}"

#define CREATED "{\"id\":\"t1\",\"estimatedCost\":{\"credits\":60}}"
#define CREATED_IMAGE "{\"id\":\"i1\"}"
#define IS(id, more) "{\"id\":\"" id "\",\"createdAt\":\"2026-08-25T23:17:00.540Z\"," more "}"
#define RENDERS IS("t1", "\"status\":\"RUNNING\",\"progress\":0.47")
#define DONE IS("t1", "\"status\":\"SUCCEEDED\",\"output\":[\"https://c/1.mp4?_jwt=a\"],\"cost\":{\"credits\":60}")
#define DONE_IMAGE IS("i1", "\"status\":\"SUCCEEDED\",\"output\":[\"https://c/p.png?_jwt=a\"],\"cost\":{\"credits\":5}")
#define GONE "{\"error\":\"Could not find Task\"}"
#define BUSY "{\"error\":\"Too many requests\"}"
#define DENIED "{\"error\":\"No API key was provided.\"}"
#define SLOT "{\"uploadUrl\":\"https://u.example/b?s=1\",\"fields\":{\"key\":\"k\"},\"runwayUri\":\"runway://abc\"}"

#define CREATE_LINE "submitting: POST /v1/text_to_video\n"
#define POLL_LINE "running: GET /v1/tasks/t1\n"

#endif
