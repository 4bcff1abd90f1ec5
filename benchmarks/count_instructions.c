/* A plugin for qemu-user 7 that prints how many instructions a program of one thread executed. entropy.py builds it.
   Debian's qemu-user does not come with qemu-plugin.h: these are the parts of it that are needed. */
#include <inttypes.h>
#include <stdio.h>

typedef uint64_t plugin_id;
struct translated_block;
enum inline_op { ADD_U64 };

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, void (*)(plugin_id, struct translated_block *));
void qemu_plugin_register_vcpu_tb_exec_inline(struct translated_block *, enum inline_op, void *, uint64_t);
void qemu_plugin_register_atexit_cb(plugin_id, void (*)(plugin_id, void *), void *);
size_t qemu_plugin_tb_n_insns(const struct translated_block *);

int qemu_plugin_version = 1;
static uint64_t executed;

static void on_translated(plugin_id id, struct translated_block *block) {
  (void)id;
  qemu_plugin_register_vcpu_tb_exec_inline(block, ADD_U64, &executed, qemu_plugin_tb_n_insns(block));
}

static void on_exit(plugin_id id, void *unused) {
  (void)id, (void)unused;
  fprintf(stderr, "instructions: %" PRIu64 "\n", executed);
}

int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv) {
  (void)info, (void)argc, (void)argv;
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translated);
  qemu_plugin_register_atexit_cb(id, on_exit, NULL);
  return 0;
}
