/* What the emulator's tests put their requests together from. */
#ifndef GV_TESTS_KLING_EMU_WORDS_H
#define GV_TESTS_KLING_EMU_WORDS_H

#define T2V "/v1/videos/text2video"
#define I2V "/v1/videos/image2video"
#define OMNI "/v1/videos/omni-video"
#define PNG "https://x.example/a.png"
#define MP4 "https://x.example/a.mp4"
#define MP3 "https://x.example/a.mp3"
#define BOAT "\"prompt\":\"a boat at dawn\""
#define V(n) "\"model_name\":\"kling-" n "\","
#define IMAGE "\"image\":\"" PNG "\""
#define FILM(more) "\"video_list\":[{\"video_url\":\"" MP4 "\"" more "}]"
#define LIP(rest) "{\"input\":{\"video_url\":\"" MP4 "\"," rest "}}"
#define SAY(voice, more)                                                                                               \
    LIP("\"mode\":\"text2video\",\"text\":\"Hello\",\"voice_id\":\"" voice "\",\"voice_language\":\"en\"" more)
#define T3 "/text-to-video/kling-3.0"
#define I3 "/image-to-video/kling-3.0"
#define O3 "/omni-video/kling-3.0-omni"
#define M3 "/motion-control/kling-3.0"
#define SET(s) ",\"settings\":{" s "}"
#define C(list) "{\"contents\":[{\"type\":\"prompt\",\"text\":\"she smiles\"}" list "]"
#define ITEM(type, url) ",{\"type\":\"" type "\",\"url\":\"" url "\"}"

#define T(name) cmocka_unit_test_setup_teardown(name, kling_emu_kit_set_up, emu_kit_tear_down)

#endif
