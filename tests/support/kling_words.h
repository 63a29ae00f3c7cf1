/* What tests of Kling's machine ask for, and what Kling answers. */
#ifndef GV_TESTS_KLING_WORDS_H
#define GV_TESTS_KLING_WORDS_H

#define TEXT "{\"operation\":\"generate\",\"input\":{\"text\":\"a boat\"},\"config\":{}}"
#define TEXT_GEN2                                                                                                      \
    "{\"operation\":\"generate\",\"input\":{\"text\":\"a boat\"},"                                                     \
    "\"config\":{\"model\":\"kling-3.0\",\"provider_options\":{\"watermark\":\"true\"}}}"
#define SPEECH_WITH(options)                                                                                           \
    "{\"operation\":\"generate_lip_sync\",\"video\":{\"video_id\":\"v1\"},"                                            \
    "\"audio\":{\"from_text\":{\"text\":\"Hi\",\"voice_id\":\"AOT\",\"language\":\"en\",\"speed\":1}},"                \
    "\"provider_options\":{" options "}}"
#define SPEECH SPEECH_WITH("")
#define OLD_LIP_SYNC SPEECH_WITH("\"lip_sync\":\"old\"")

#define CREATED "{\"code\":0,\"data\":{\"task_id\":\"77\",\"task_status\":\"submitted\"}}"
#define RUNNING "{\"code\":0,\"data\":{\"task_id\":\"77\",\"task_status\":\"processing\"}}"
#define DONE                                                                                                           \
    "{\"code\":0,\"data\":{\"task_id\":\"77\",\"task_status\":\"succeed\","                                            \
    "\"task_result\":{\"videos\":[{\"id\":\"v\",\"url\":\"https://c/1\"}]}}}"
#define NOT_FOUND "{\"code\":1201,\"message\":\"Task not found by id/external id: gv-job-42\"}"
#define EXISTS "{\"code\":1201,\"message\":\"External_task_id gv-job-42 already exists\"}"
#define BUSY "{\"code\":1303,\"message\":\"parallel task over resource pack limit\"}"
#define POOR "{\"code\":1102,\"message\":\"Account balance not enough\"}"
#define EARLY "{\"code\":1003,\"message\":\"token not valid yet\"}"
#define DENIED "{\"code\":1002,\"message\":\"Authentication error\"}"
#define SPOKEN                                                                                                         \
    "{\"code\":0,\"data\":{\"task_id\":\"5\",\"task_status\":\"succeed\","                                             \
    "\"task_result\":{\"audios\":[{\"id\":\"a1\",\"duration\":\"3.3\"}]}}}"
#define FACE                                                                                                           \
    "{\"code\":0,\"data\":{\"session_id\":\"s1\","                                                                     \
    "\"face_data\":[{\"face_id\":\"0\",\"start_time\":0,\"end_time\":5200}]}}"

#endif
