/* Opens of named files: what each check refuses, in which order, and what a success says. */
#include "contract_cases.h"

#define CREATED "info:2 "
#define SUPERSEDED "info:0 "
#define OVERWRITTEN "info:3 "
#define GONE(o) "cleanup:" #o " close:" #o " "
#define INVALID "=STATUS_INVALID_PARAMETER "
#define NOT_FOUND "=STATUS_OBJECT_NAME_NOT_FOUND "
#define NO_PATH "=STATUS_OBJECT_PATH_NOT_FOUND "
#define BAD_NAME "=STATUS_OBJECT_NAME_INVALID "
#define COLLISION "=STATUS_OBJECT_NAME_COLLISION "
#define DENIED "=STATUS_ACCESS_DENIED "
#define PROTECTED "=STATUS_MEDIA_WRITE_PROTECTED "
#define CANNOT_DELETE "=STATUS_CANNOT_DELETE "
#define PENDING "=STATUS_DELETE_PENDING "
#define VIOLATION "=STATUS_SHARING_VIOLATION "
#define BAD "=STATUS_INVALID_HANDLE "
#define NOT_GRANTED "=STATUS_OPLOCK_NOT_GRANTED "
#define MISMATCH "=STATUS_OBJECT_TYPE_MISMATCH "
#define BREAKING "=STATUS_OPLOCK_BREAK_IN_PROGRESS "
#define STOPPED "=STATUS_STOPPED_ON_SYMLINK "
#define NO_MOUNT "=STATUS_MOUNT_POINT_NOT_RESOLVED "

#define OPEN(path) "FltCreateFile path=" path " "
#define CREATE "disposition=FILE_CREATE "
#define OPEN_IF "disposition=FILE_OPEN_IF "
#define SUPERSEDE "disposition=FILE_SUPERSEDE "
#define OVERWRITE "disposition=FILE_OVERWRITE "
#define OVERWRITE_IF "disposition=FILE_OVERWRITE_IF "
#define DIRECTORY "create_options=FILE_DIRECTORY_FILE "
#define NO_DIRECTORY "create_options=FILE_NON_DIRECTORY_FILE "
#define ON_CLOSE "access=DELETE create_options=FILE_DELETE_ON_CLOSE "
#define LINK_ITSELF "create_options=FILE_OPEN_REPARSE_POINT "
#define COMPLETE "create_options=FILE_COMPLETE_IF_OPLOCKED "
#define OPFILTER "access=FILE_READ_ATTRIBUTES create_options=FILE_RESERVE_OPFILTER "
#define TARGET "flags=IO_OPEN_TARGET_DIRECTORY "
#define ATTRIBUTES_ONLY "access=FILE_READ_ATTRIBUTES|FILE_WRITE_ATTRIBUTES|SYNCHRONIZE "
/* Marked for deletion while k9 has it open. */
#define PENDING_AT(path)                                                                           \
    "FltCreateFileEx k9 #9 path=" path " access=DELETE create_options=FILE_OPEN_REPARSE_POINT; "   \
    "FltSetInformationFile #9; "
#define ROOT(path) "FltCreateFile k8 @8 path=" path "; "
#define IN "FltCreateFile root=@8 path="
#define BY_ID "create_options=FILE_OPEN_BY_FILE_ID "
#define ON(instance) "AttachInstance instance=" #instance "; "
#define UNDONE(o) "create:" #o " " GONE(o)

static const struct script_case cases[] = {
    /* Files that are not there */
    KEEPS(open_creates, "", OPEN("\\missing") CREATE CREATED "k1 allows:STATUS_SUCCESS"),
    KEEPS(open_creates, "", OPEN("\\missing") OPEN_IF CREATED "k1; " OPEN("\\missing") "k2"),
    KEEPS(open_creates, "any", OPEN("\\missing") SUPERSEDE CREATED "k1"),
    KEEPS(open_creates, "", "ZwCreateFile path=\\missing " OVERWRITE_IF CREATED "k1"),
    KEEPS(open_creates, "", OPEN("\\d\\new") CREATE CREATED "k1"),
    KEEPS(open_creates, "", /* and what can be in it */
          OPEN("\\missing") CREATE DIRECTORY CREATED "k1; " OPEN("\\missing\\z") CREATE CREATED
          "k2; " OPEN("\\missing\\z") "k3"),
    KEEPS(open_creates, "", /* its own access does not stop it, and others mind its sharing */
          OPEN("\\missing") CREATE CREATED "k1 share=0; " OPEN("\\missing") VIOLATION),
    KEEPS(open_creates, "",
          OPEN("\\missing") CREATE CREATED
          "k1 access=GENERIC_WRITE file_attributes=FILE_ATTRIBUTE_READONLY"),
    KEEPS(open_creates, "", /* what the file system has done stays, though the open fails */
          OPEN("\\missing") CREATE
          "fail_step=4 =STATUS_INSUFFICIENT_RESOURCES " UNDONE(o1) "; " OPEN("\\missing") "k1"),
    KEEPS(open_creates, "",
          OPEN("\\missing") CREATE "fail_step=2 =STATUS_INSUFFICIENT_RESOURCES; " OPEN("\\missing")
              NOT_FOUND),
    KEEPS(open_creates, "geometry=small",
          "ZwCreateEvent k1; ZwCreateEvent k2; ZwCreateEvent k3; ZwCreateEvent k5; ZwCreateEvent "
          "k6; ZwCreateEvent k7; ZwCreateEvent k9; ZwCreateEvent k10; ZwCreateEvent k11; "
          "ZwCreateEvent k13; ZwCreateEvent k14; ZwCreateEvent k15; " OPEN("\\missing") CREATE
          "=STATUS_INSUFFICIENT_RESOURCES; ZwClose k1; " OPEN("\\missing") NOT_FOUND),
    BREAKS(open_creates, "", OPEN("\\missing") CREATE NOT_FOUND),
    BREAKS(open_creates, "", OPEN("\\missing") OVERWRITE_IF NOT_FOUND),
    BREAKS(open_creates, "", OPEN("\\missing") SUPERSEDE COLLISION),
    BREAKS(open_iosb, "", OPEN("\\missing") CREATE "k1"),
    BREAKS(open_iosb, "", OPEN("\\missing") OPEN_IF "info:5 k1"),
    KEEPS(open_missing, "", OPEN("\\missing") NOT_FOUND "; " OPEN("\\missing") OVERWRITE NOT_FOUND),
    BREAKS(open_missing, "", OPEN("\\missing") OVERWRITE CREATED "k1"),
    BREAKS(open_missing, "", OPEN("\\e\\y") "k1"),
    KEEPS(open_path_missing, "",
          OPEN("\\missing\\z") CREATE NO_PATH "allows:STATUS_OBJECT_PATH_NOT_FOUND"),
    KEEPS(open_path_missing, "", OPEN("\\a\\x") NO_PATH),
    KEEPS(open_path_missing, "", OPEN("\\a\\x\\y") NO_PATH),
    KEEPS(open_path_missing, "", OPEN("\\link\\x") NO_PATH),
    KEEPS(open_path_missing, "", OPEN("\\??\\C:\\x") NO_PATH),
    KEEPS(open_path_missing, "", OPEN("\\a\\\\") NO_PATH),
    BREAKS(open_path_missing, "", OPEN("\\missing\\z") NOT_FOUND),
    BREAKS(open_path_missing, "", OPEN("\\a\\x") CREATE CREATED "k1"),
    BREAKS(open_missing, "", OPEN("\\d\\q") NO_PATH),
    KEEPS(open_disk_full, "", OPEN("\\elsewhere") CREATE "=STATUS_DISK_FULL"),
    KEEPS(open_disk_full, "", OPEN("\\d\\q") OPEN_IF "=STATUS_DISK_FULL"),
    KEEPS(open_disk_full, "", OPEN("\\elsewhere") NOT_FOUND),
    BREAKS(open_disk_full, "", OPEN("\\elsewhere") CREATE CREATED "k1"),

    /* Files that are */
    KEEPS(open_collision, "", OPEN("\\a") CREATE COLLISION "allows:STATUS_OBJECT_NAME_COLLISION"),
    KEEPS(open_collision, "", OPEN("\\d") CREATE COLLISION "; " OPEN("\\d") SUPERSEDE COLLISION),
    KEEPS(open_collision, "", OPEN("\\d") OVERWRITE COLLISION),
    KEEPS(open_collision, "", OPEN("\\") CREATE DENIED "; " OPEN("\\") OVERWRITE_IF DENIED),
    KEEPS(open_collision, "", OPEN("\\a") CREATE DIRECTORY COLLISION),
    KEEPS(open_collision, "", OPEN("\\readonly") CREATE "access=GENERIC_WRITE " COLLISION),
    BREAKS(open_collision, "", OPEN("\\a") CREATE "k1"),
    BREAKS(open_collision, "", OPEN("\\d") OVERWRITE OVERWRITTEN "k1"),
    BREAKS(open_collision, "", OPEN("\\") CREATE COLLISION),
    KEEPS(open_existing, "", OPEN("\\a") OPEN_IF "k1 allows:STATUS_SUCCESS; " OPEN("\\") "k2"),
    KEEPS(open_existing, "", OPEN("\\d") DIRECTORY "k1; " OPEN("\\d\\") DIRECTORY "k2"),
    KEEPS(open_existing, "",
          OPEN("\\a") SUPERSEDE SUPERSEDED "k1; " OPEN("\\a") OVERWRITE OVERWRITTEN
          "k2; " OPEN("\\a") OVERWRITE_IF OVERWRITTEN "k3"),
    BREAKS(open_existing, "", OPEN("\\a") SUPERSEDE COLLISION),
    BREAKS(open_existing, "", OPEN("\\d\\x") DENIED),
    BREAKS(open_iosb, "", OPEN("\\a") SUPERSEDE "k1"),
    BREAKS(open_iosb, "", OPEN("\\a") OVERWRITE "k1 info:2"),
    KEEPS(open_kind, "", OPEN("\\d") NO_DIRECTORY "=STATUS_FILE_IS_A_DIRECTORY"),
    KEEPS(open_kind, "", OPEN("\\a") DIRECTORY "=STATUS_NOT_A_DIRECTORY"),
    KEEPS(open_kind, "", OPEN("\\link") DIRECTORY "=STATUS_NOT_A_DIRECTORY"),
    BREAKS(open_kind, "", OPEN("\\d") NO_DIRECTORY "k1"),
    BREAKS(open_kind, "", OPEN("\\a") DIRECTORY "k1"),
    KEEPS(open_read_only, "", OPEN("\\readonly") "access=GENERIC_WRITE " DENIED),
    KEEPS(open_read_only, "", OPEN("\\readonly") "access=FILE_APPEND_DATA " DENIED),
    KEEPS(open_read_only, "", OPEN("\\readonly") "access=FILE_READ_DATA " OVERWRITE DENIED),
    KEEPS(open_read_only, "",
          OPEN("\\readonly") "access=GENERIC_READ|DELETE k1 allows:STATUS_SUCCESS; " OPEN(
              "\\readonly") "access=MAXIMUM_ALLOWED k2 allows:STATUS_SUCCESS"),
    KEEPS(open_read_only, "", /* made so by another open */
          OPEN("\\a") SUPERSEDE SUPERSEDED "file_attributes=FILE_ATTRIBUTE_READONLY k1; " OPEN(
              "\\a") "access=GENERIC_WRITE " DENIED),
    BREAKS(open_read_only, "", OPEN("\\readonly") "access=GENERIC_ALL k1"),
    BREAKS(open_read_only, "", OPEN("\\readonly") SUPERSEDE SUPERSEDED "k1"),
    KEEPS(open_hidden_system, "", OPEN("\\hidden") SUPERSEDE DENIED),
    KEEPS(open_hidden_system, "",
          OPEN("\\system") OVERWRITE "file_attributes=FILE_ATTRIBUTE_HIDDEN " DENIED),
    KEEPS(open_hidden_system, "",
          OPEN("\\hidden") OVERWRITE OVERWRITTEN
          "file_attributes=FILE_ATTRIBUTE_HIDDEN k1; " OPEN("\\system") "k2 access=GENERIC_WRITE"),
    BREAKS(open_hidden_system, "", OPEN("\\hidden") OVERWRITE OVERWRITTEN "k1"),
    BREAKS(open_hidden_system, "", OPEN("\\system") SUPERSEDE COLLISION),
    KEEPS(open_cannot_delete, "", OPEN("\\readonly") ON_CLOSE CANNOT_DELETE),
    KEEPS(open_cannot_delete, "",
          OPEN("\\missing") CREATE ON_CLOSE
          "file_attributes=FILE_ATTRIBUTE_READONLY " CANNOT_DELETE),
    KEEPS(open_cannot_delete, "", OPEN("\\") ON_CLOSE CANNOT_DELETE),
    KEEPS(open_cannot_delete, "", OPEN("\\??\\C:") ON_CLOSE CANNOT_DELETE),
    KEEPS(open_cannot_delete, "", OPEN("\\e") ON_CLOSE "k1; " OPEN("\\a") ON_CLOSE "k2"),
    BREAKS(open_cannot_delete, "", OPEN("\\readonly") ON_CLOSE "k1"),
    BREAKS(open_cannot_delete, "", OPEN("\\") ON_CLOSE "k1"),
    KEEPS(open_delete_pending, "", PENDING_AT("\\a") OPEN("\\a") PENDING),
    KEEPS(open_delete_pending, "", /* before what it is asked for */
          PENDING_AT("\\a") OPEN("\\a") CREATE DIRECTORY PENDING),
    KEEPS(open_delete_pending, "", PENDING_AT("\\e") OPEN("\\e\\y") CREATE PENDING),
    KEEPS(open_delete_pending, "",
          PENDING_AT("\\e") "FltCreateFile root=k9 path=y " CREATE PENDING),
    KEEPS(open_delete_pending, "", /* nor in a directory that has lost its name */
          "FltCreateFile k1 path=\\e; FltCreateFileEx k2 path=\\e access=DELETE; "
          "FltSetInformationFile o2 delete=3; FltClose k2 cleanup:o2; "
          "FltCreateFile root=k1 path=y " CREATE PENDING "; " OPEN("\\e") NOT_FOUND),
    KEEPS(open_delete_pending, "", PENDING_AT("\\link") OPEN("\\link") PENDING),
    KEEPS(open_delete_pending, "",
          PENDING_AT("\\a") "FltSetInformationFile #9 delete=0; " OPEN("\\a") "k1"),
    BREAKS(open_delete_pending, "", PENDING_AT("\\a") OPEN("\\a") "k1"),
    BREAKS(open_delete_pending, "", PENDING_AT("\\a") OPEN("\\a") NOT_FOUND),
    BREAKS(open_delete_pending, "", PENDING_AT("\\e") OPEN("\\e\\y") CREATE CREATED "k1"),
    BREAKS(open_delete_pending, "", PENDING_AT("\\link") OPEN("\\link") "k1"),

    /* Where it is not made */
    KEEPS(open_write_protected, "", OPEN("\\??\\W:\\new") CREATE PROTECTED),
    KEEPS(open_write_protected, "", OPEN("\\??\\W:\\a") SUPERSEDE PROTECTED),
    KEEPS(open_write_protected, "", OPEN("\\??\\W:\\a") CREATE PROTECTED),
    KEEPS(open_write_protected, "", OPEN("\\??\\W:\\a") ON_CLOSE PROTECTED),
    KEEPS(open_write_protected, "", OPEN("\\??\\W:\\new") OPEN_IF PROTECTED),
    KEEPS(open_write_protected, "",
          OPEN("\\??\\W:\\a") OPEN_IF "access=GENERIC_WRITE k1; " OPEN("\\??\\W:\\new") NOT_FOUND),
    BREAKS(open_write_protected, "", OPEN("\\??\\W:\\new") CREATE CREATED "k1"),
    BREAKS(open_write_protected, "", OPEN("\\??\\W:\\new") OPEN_IF CREATED "k1"),
    KEEPS(open_wrong_volume, "",
          OPEN("\\??\\W:\\a") "instance=i0 " NO_MOUNT "!instance-of-the-volume "
                              "allows:STATUS_MOUNT_POINT_NOT_RESOLVED|STATUS_INVALID_DEVICE_OBJECT_"
                              "PARAMETER"),
    KEEPS(open_wrong_volume, "",
          ON(i2) OPEN("\\a") "instance=i2 =STATUS_INVALID_DEVICE_OBJECT_PARAMETER "
                             "!instance-of-the-volume"),
    KEEPS(open_wrong_volume, "",
          OPEN("\\Device\\Mailslot\\m") "instance=i0 " NO_MOUNT "!instance-of-the-volume"),
    KEEPS(open_wrong_volume, "", ON(i1) OPEN("\\elsewhere") "instance=i1 " NOT_FOUND),
    KEEPS(open_wrong_volume, "", ON(i1) OPEN("\\a") "instance=i1 k1"),
    BREAKS(open_wrong_volume, "", OPEN("\\??\\W:\\a") "instance=i0 k1 !instance-of-the-volume"),
    BREAKS(open_wrong_volume, "",
           ON(i2) OPEN("\\a") "instance=i2 " NO_PATH "!instance-of-the-volume"),

    /* Names that end in a backslash */
    KEEPS(open_trailing_backslash, "", OPEN("\\a\\") BAD_NAME),
    KEEPS(open_trailing_backslash, "", OPEN("\\d\\") NO_DIRECTORY BAD_NAME),
    KEEPS(open_trailing_backslash, "", OPEN("\\missing\\") CREATE BAD_NAME),
    KEEPS(open_trailing_backslash, "", OPEN("\\missing\\") CREATE DIRECTORY CREATED "k1"),
    KEEPS(open_trailing_backslash, "", OPEN("\\link\\") BAD_NAME),
    KEEPS(open_trailing_backslash, "", OPEN("\\d\\") "k1; " OPEN("\\") "k2; " OPEN("\\\\") "k3"),
    KEEPS(open_trailing_backslash, "", OPEN("\\missing\\") NOT_FOUND),
    BREAKS(open_trailing_backslash, "", OPEN("\\a\\") "k1"),
    BREAKS(open_trailing_backslash, "", OPEN("\\missing\\") CREATE CREATED "k1"),
    BREAKS(open_trailing_backslash, "", OPEN("\\d\\") NO_DIRECTORY "=STATUS_FILE_IS_A_DIRECTORY"),

    /* With RootDirectory */
    KEEPS(open_root_bad, "", "FltCreateFile root=k1 path=x " BAD "!use-real-handle"),
    KEEPS(open_root_bad, "",
          "ZwCreateEvent k1; FltCreateFile root=k1 path=x " MISMATCH "!root-is-directory"),
    KEEPS(open_root_bad, "any",
          "FltCreateFile k1 path=\\d; FltCreateFile root=k1+1 path=x k2 "
          "allows:STATUS_SUCCESS|STATUS_INVALID_HANDLE"),
    KEEPS(open_root_bad, "tag_bits=significant",
          "FltCreateFile k1 path=\\d; FltCreateFile root=k1+1 path=x " BAD "!use-real-handle"),
    BREAKS(open_root_bad, "", "FltCreateFile root=k1 path=x k1 !use-real-handle"),
    BREAKS(open_root_bad, "",
           "ZwCreateEvent k1; FltCreateFile root=k1 path=x " NO_PATH "!root-is-directory"),
    KEEPS(open_root_kind, "", ROOT("\\a") IN "x " NO_PATH "!root-is-directory"),
    KEEPS(open_root_kind, "", ROOT("\\??\\C:") IN "a " NO_PATH "!root-is-directory"),
    KEEPS(open_root_kind, "", /* the name is looked at first */
          ROOT("\\a") IN "\\x " BAD_NAME "!root-is-directory"),
    BREAKS(open_root_kind, "", ROOT("\\a") IN "x " NOT_FOUND "!root-is-directory"),
    BREAKS(open_root_kind, "", ROOT("\\a") IN " k1 !root-is-directory"),
    KEEPS(open_relative, "", ROOT("\\d") IN "x k1; " IN " k2; " IN "new " CREATE CREATED "k3"),
    KEEPS(open_relative, "", ROOT("\\") IN "a k1; " IN "d\\x k2; " IN " k3; " IN "d\\ k5"),
    KEEPS(open_relative, "", ROOT("\\d") IN "q " NOT_FOUND "; " IN "x\\q " NO_PATH),
    KEEPS(open_relative, "", ROOT("\\d") IN "q\\q " NO_PATH "; " IN "x\\ " BAD_NAME),
    KEEPS(open_relative, "", /* it need not be there any more */
          "FltCreateFile k8 @8 path=\\d; ZwCreateFile root=@8 path=x k1"),
    KEEPS(open_relative, "",
          "FltCreateFileEx k1 path=\\d; ZwDuplicateObject k1 -> k2 target=System; FltClose k1; "
          "FltCreateFile root=k2 path=x k1"),
    BREAKS(open_relative, "", ROOT("\\d") IN "x " NOT_FOUND),
    BREAKS(open_relative, "", ROOT("\\d") IN " =STATUS_OBJECT_PATH_SYNTAX_BAD"),
    BREAKS(open_relative, "", ROOT("\\d") IN "new " CREATE "=STATUS_DISK_FULL"),
    KEEPS(open_relative_syntax, "", ROOT("\\d") IN "\\d\\x " BAD_NAME),
    BREAKS(open_relative_syntax, "", ROOT("\\d") IN "\\d\\x k1"),
    BREAKS(open_relative_syntax, "", ROOT("\\d") IN "\\a =STATUS_OBJECT_PATH_SYNTAX_BAD"),
    KEEPS(open_by_id, "", ROOT("\\") IN "id:1 " BY_ID "k1; " IN "id:2 " BY_ID "k2"),
    KEEPS(open_by_id, "",
          ROOT("\\b") IN "id:1 " BY_ID "k1; " IN
                         "id:2 create_options=FILE_OPEN_BY_FILE_ID|FILE_DIRECTORY_FILE k2"),
    KEEPS(open_by_id, "", ROOT("\\??\\C:") IN "id:1 " BY_ID "k1"),
    KEEPS(open_by_id, "", ROOT("\\d") IN "id:9 " BY_ID INVALID "; " IN "x " BY_ID INVALID),
    KEEPS(open_by_id, "", ROOT("\\??\\W:\\a") IN "id:1 " BY_ID INVALID "!root-is-directory"),
    KEEPS(open_by_id, "", /* not what was made under the name since */
          ROOT("\\b") OPEN("\\a") ON_CLOSE "k1; FltClose k1 " GONE(o2) "; " OPEN("\\a")
              CREATE CREATED "k1; " IN "id:1 " BY_ID INVALID "; " OPEN("\\a") "k2"),
    KEEPS(open_by_id, "", /* the file is as it is by name */
          ROOT("\\b") IN "id:1 " CREATE BY_ID COLLISION "; " PENDING_AT("\\a") IN
          "id:1 " BY_ID PENDING),
    KEEPS(open_by_id, "", "FltCreateFile path=id:1 " BY_ID "=STATUS_OBJECT_PATH_SYNTAX_BAD"),
    KEEPS(open_by_id, "", OPEN("\\a") BY_ID "k1"),
    BREAKS(open_by_id, "", ROOT("\\") IN "id:1 " BY_ID NOT_FOUND),
    BREAKS(open_by_id, "", ROOT("\\") IN "id:9 " BY_ID NOT_FOUND),
    BREAKS(open_by_id, "", ROOT("\\??\\W:\\a") IN "id:1 " BY_ID "k1 !root-is-directory"),
    BREAKS(open_name_syntax, "", "FltCreateFile path=id:1 " BY_ID INVALID),

    /* Volumes and links */
    KEEPS(open_volume_by_name, "", OPEN("\\??\\C:") DIRECTORY "=STATUS_NOT_A_DIRECTORY"),
    KEEPS(open_volume_by_name, "",
          OPEN("\\??\\C:") CREATE DENIED "; " OPEN("\\??\\C:") SUPERSEDE DENIED),
    KEEPS(open_volume_by_name, "", OPEN("\\??\\C:") OPEN_IF NO_DIRECTORY "k1"),
    KEEPS(open_volume_by_name, "",
          OPEN("\\??\\C:") "k1 share=0; " OPEN("\\??\\C:") VIOLATION
          "; FltOpenVolume k2 instance=i0"),
    BREAKS(open_existing, "", OPEN("\\??\\C:") NOT_FOUND),
    BREAKS(open_volume_by_name, "", OPEN("\\??\\C:") CREATE COLLISION),
    BREAKS(open_volume_by_name, "", OPEN("\\??\\C:") DIRECTORY "k1"),
    KEEPS(open_follows_link, "", OPEN("\\link") "k1 share=0; " OPEN("\\a") VIOLATION),
    KEEPS(open_follows_link, "", OPEN("\\link") "k1 share=0; " OPEN("\\link") LINK_ITSELF "k2"),
    KEEPS(open_follows_link, "", OPEN("\\link") OVERWRITE OVERWRITTEN "k1"),
    KEEPS(open_follows_link, "", OPEN("\\link") CREATE COLLISION),
    KEEPS(open_follows_link, "", /* to where nothing is */
          OPEN("\\a") ON_CLOSE "k1; FltClose k1 " GONE(o1) "; " OPEN("\\link") NOT_FOUND
          "; " OPEN("\\link") CREATE CREATED "k1; " OPEN("\\a") "k2"),
    KEEPS(open_follows_link, "", "ZwCreateFile path=\\link k1"),
    BREAKS(open_follows_link, "", OPEN("\\link") NOT_FOUND),
    BREAKS(open_follows_link, "", OPEN("\\link") STOPPED "iosb:0x8000002D info:0x1000"),
    BREAKS(open_existing, "", OPEN("\\link") LINK_ITSELF NOT_FOUND),
    KEEPS(open_stops_on_symlink, "",
          OPEN("\\link") "flags=IO_STOP_ON_SYMLINK " STOPPED "iosb:0x8000002D info:0x1000 "
                         "allows:STATUS_STOPPED_ON_SYMLINK"),
    KEEPS(open_stops_on_symlink, "failed_iosb=written",
          OPEN("\\link") "flags=IO_STOP_ON_SYMLINK " STOPPED "iosb:0x8000002D info:0x1000"),
    KEEPS(open_stops_on_symlink, "", OPEN("\\link") "flags=IO_STOP_ON_SYMLINK null:iosb " STOPPED),
    KEEPS(open_stops_on_symlink, "",
          OPEN("\\link") "flags=IO_STOP_ON_SYMLINK k1 " LINK_ITSELF
                         "; " OPEN("\\a") "flags=IO_STOP_ON_SYMLINK k2"),
    BREAKS(open_stops_on_symlink, "", OPEN("\\link") "flags=IO_STOP_ON_SYMLINK k1"),
    BREAKS(open_stops_on_symlink, "", OPEN("\\link") "flags=IO_STOP_ON_SYMLINK " STOPPED),
    BREAKS(open_stops_on_symlink, "any",
           OPEN("\\link") "flags=IO_STOP_ON_SYMLINK " STOPPED "iosb:0x8000002D info:0"),
    BREAKS(open_stops_on_symlink, "",
           OPEN("\\link") "flags=IO_STOP_ON_SYMLINK " STOPPED "iosb:0x8000002D"),
    BREAKS(open_stops_on_symlink, "",
           OPEN("\\link") "flags=IO_STOP_ON_SYMLINK " STOPPED "iosb:0 info:0x1000"),
    BREAKS(failed_outputs, "",
           OPEN("\\link") "flags=IO_STOP_ON_SYMLINK " STOPPED
                          "iosb:0x8000002D info:0x1000 handle:k1"),

    /* The directory of a name */
    KEEPS(open_target_directory, "", OPEN("\\a") TARGET "info:4 k1"),
    KEEPS(open_target_directory, "", OPEN("\\missing") TARGET CREATE "info:5 k1"),
    KEEPS(open_target_directory, "",
          OPEN("\\d\\q") TARGET "info:5 k1; " OPEN("\\link") TARGET "info:4 k2"),
    KEEPS(open_target_directory, "", /* opened as a directory, whatever was asked for the name */
          OPEN("\\d\\x") TARGET NO_DIRECTORY SUPERSEDE "info:4 k1"),
    KEEPS(open_target_directory, "", OPEN("\\d") "share=0 k1; " OPEN("\\d\\x") TARGET VIOLATION),
    KEEPS(open_target_directory, "",
          OPEN("\\d\\x") TARGET "share=0 info:4 k1; " OPEN("\\d") VIOLATION),
    KEEPS(open_target_directory, "",
          OPEN("\\") TARGET INVALID "; " OPEN("\\??\\C:") TARGET INVALID),
    KEEPS(open_target_directory, "", ROOT("\\d") IN "id:1 " TARGET BY_ID INVALID),
    KEEPS(open_target_directory, "", /* the close marks nothing */
          OPEN("\\e\\y") TARGET ON_CLOSE "info:5 k1; FltClose k1 " GONE(o1) "; " OPEN("\\e") "k1"),
    KEEPS(open_target_directory, "", OPEN("\\missing\\z") TARGET NO_PATH),
    KEEPS(open_target_directory, "", ROOT("\\d") IN "x " TARGET "info:4 k1"),
    BREAKS(share_conflict, "",
           OPEN("\\d") "share=0 k1; " OPEN("\\d\\x") TARGET "info:4 k2"),
    BREAKS(share_conflict, "", ROOT("\\d") IN "x share=0 k1; " IN "x k2"),
    BREAKS(open_target_directory, "", OPEN("\\a") TARGET "k1"),
    BREAKS(open_target_directory, "", OPEN("\\missing") TARGET "info:4 k1"),
    BREAKS(open_target_directory, "", OPEN("\\missing") TARGET NOT_FOUND),
    BREAKS(open_target_directory, "", OPEN("\\") TARGET "k1 info:4"),
    BREAKS(open_iosb, "", OPEN("\\a") TARGET "k1 info:fill"),

    /* Oplocks */
    KEEPS(open_oplock_break, "",
          OPEN("\\oplocked") COMPLETE BREAKING
          "info:9 k1 allows:STATUS_OPLOCK_BREAK_IN_PROGRESS; " OPEN("\\oplocked") COMPLETE BREAKING
          "info:9 k2; FltClose k1 " GONE(o1)),
    KEEPS(open_oplock_break, "", /* once the application has given way */
          OPEN("\\oplocked") "k1; " OPEN("\\oplocked") COMPLETE "k2"),
    KEEPS(open_oplock_break, "",
          OPEN("\\oplocked") ATTRIBUTES_ONLY "k1; " OPEN("\\oplocked") ATTRIBUTES_ONLY COMPLETE
          "k2; " OPEN("\\oplocked") COMPLETE BREAKING "info:9 k3"),
    KEEPS(open_oplock_break, "",
          OPEN("\\oplocked") COMPLETE "access=MAXIMUM_ALLOWED " BREAKING "info:9 k1"),
    KEEPS(open_oplock_break, "",
          OPEN("\\oplocked") COMPLETE ATTRIBUTES_ONLY OVERWRITE BREAKING "info:9 k1"),
    KEEPS(open_oplock_break, "", OPEN("\\a") COMPLETE "k1"),
    KEEPS(open_oplock_break, "", OPEN("\\oplocked") COMPLETE "fail=STATUS_ACCESS_DENIED " DENIED),
    BREAKS(open_oplock_break, "", OPEN("\\oplocked") COMPLETE "k1"),
    BREAKS(open_oplock_break, "", OPEN("\\oplocked") COMPLETE BREAKING "info:1 k1"),
    BREAKS(open_oplock_break, "", OPEN("\\oplocked") ATTRIBUTES_ONLY COMPLETE BREAKING "info:9 k1"),
    BREAKS(open_iosb, "", OPEN("\\oplocked") COMPLETE BREAKING "iosb:0 info:9 k1"),
    BREAKS(open_existing, "", OPEN("\\a") COMPLETE BREAKING "info:9 k1"),
    KEEPS(open_requiring_oplock, "",
          OPEN("\\oplocked") "create_options=FILE_OPEN_REQUIRING_OPLOCK "
                             "=STATUS_CANNOT_BREAK_OPLOCK; " OPEN("\\oplocked") COMPLETE BREAKING
          "info:9 k1"),
    KEEPS(open_requiring_oplock, "",
          OPEN("\\oplocked") "k1; " OPEN(
              "\\oplocked") "create_options=FILE_OPEN_REQUIRING_OPLOCK k2"),
    BREAKS(open_requiring_oplock, "",
           OPEN("\\oplocked") "create_options=FILE_OPEN_REQUIRING_OPLOCK k1"),
    KEEPS(open_reserve_opfilter, "", OPEN("\\a") OPFILTER "k1; " OPEN("\\a") OPFILTER NOT_GRANTED),
    KEEPS(open_reserve_opfilter, "",
          OPEN("\\b") "access=FILE_READ_ATTRIBUTES share=0 k1; " OPEN("\\b") OPFILTER NOT_GRANTED),
    KEEPS(open_reserve_opfilter, "",
          "FltOpenVolume k1 instance=i0; " OPEN("\\??\\C:") OPFILTER NOT_GRANTED
          "!volume-open-access"),
    KEEPS(open_reserve_opfilter, "", OPEN("\\a") OPFILTER "share=3 " NOT_GRANTED),
    KEEPS(open_reserve_opfilter, "",
          OPEN("\\missing") CREATE OPFILTER "access=SYNCHRONIZE " NOT_GRANTED),
    KEEPS(open_reserve_opfilter, "", OPEN("\\missing") CREATE OPFILTER CREATED "k1"),
    KEEPS(open_reserve_opfilter, "", /* past cleanup it is no open */
          "FltCreateFileEx k1; FltClose k1 cleanup:o1; " OPEN("\\a") OPFILTER "k1"),
    BREAKS(open_reserve_opfilter, "", OPEN("\\a") OPFILTER "share=3 k1"),
    BREAKS(open_reserve_opfilter, "", OPEN("\\a") "k1; " OPEN("\\a") OPFILTER "k2"),
    BREAKS(open_reserve_opfilter, "", OPEN("\\missing") CREATE OPFILTER "share=0 " CREATED "k1"),

    /* Sharing that a disposition implies */
    KEEPS(share_implied, "",
          OPEN("\\a") "access=1 share=3 k1; " OPEN("\\a") "access=1 " SUPERSEDE VIOLATION),
    KEEPS(share_implied, "",
          OPEN("\\a") "access=1 share=3 k1; " OPEN("\\a") "access=1 " OVERWRITE OVERWRITTEN "k2"),
    KEEPS(share_implied, "",
          OPEN("\\a") "access=1 share=1 k1; " OPEN("\\a") "access=1 " OVERWRITE_IF VIOLATION),
    KEEPS(share_implied, "", /* to write, and no more */
          OPEN("\\a") "access=1 share=2 k1; " OPEN("\\a") "access=2 " OVERWRITE OVERWRITTEN "k2"),
    KEEPS(share_implied, "", /* of one that does nothing by itself */
          OPEN("\\a") "access=1 share=1 k1; " OPEN("\\a") ATTRIBUTES_ONLY OVERWRITE VIOLATION),
    KEEPS(share_implied, "", /* it is not counted as one */
          OPEN("\\a") ATTRIBUTES_ONLY OVERWRITE "share=0 " OVERWRITTEN
                                                "k1; " OPEN("\\a") "share=1 k2"),
    KEEPS(share_implied, "",
          OPEN("\\a") "access=1 share=1 k1; " OPEN(
              "\\a") "access=1 flags=IO_IGNORE_SHARE_ACCESS_CHECK " OVERWRITE OVERWRITTEN "k2"),
    BREAKS(share_implied, "",
           OPEN("\\a") "access=1 share=3 k1; " OPEN("\\a") "access=1 " SUPERSEDE SUPERSEDED "k2"),
    BREAKS(share_implied, "",
           OPEN("\\a") "access=1 share=1 k1; " OPEN("\\a") ATTRIBUTES_ONLY OVERWRITE OVERWRITTEN
           "k2"),
    BREAKS(share_implied, "", /* the other way round, too */
           OPEN("\\a") "access=1 k1; " OPEN("\\a") ATTRIBUTES_ONLY OVERWRITE "share=0 " OVERWRITTEN
                                                                             "k2"),
    BREAKS(share_conflict, "",
           OPEN("\\a") "access=1 share=0 k1; " OPEN("\\a") "access=1 " SUPERSEDE SUPERSEDED "k2"),

    /* Parameters: which, says parameters_test.c */
    KEEPS(open_parameters, "", OPEN("\\a") "disposition=6 " INVALID "!disposition-known"),
    KEEPS(open_parameters, "", OPEN("") "disposition=6 " INVALID "!disposition-known"),
    KEEPS(open_parameters, "",
          OPEN("\\a") "share=8 k1 allows:STATUS_SUCCESS !create-values-in-range"),
    KEEPS(open_parameters, "",
          OPEN("\\a") "share=8 flags=IO_CHECK_CREATE_PARAMETERS " INVALID
                      "!create-values-in-range allows:STATUS_INVALID_PARAMETER"),
    KEEPS(open_parameters, "create_checks=always",
          "ZwCreateFile share=8 " INVALID "!create-values-in-range"),
    KEEPS(open_parameters, "any",
          OPEN("\\a") "share=8 k1 allows:STATUS_SUCCESS|STATUS_INVALID_PARAMETER "
                      "!create-values-in-range"),
    KEEPS(open_parameters, "any",
          "FltCreateFile k1 path=\\d; FltCreateFile root=k1+1 path=x share=8 fail_step=4 k2 "
          "allows:STATUS_SUCCESS|STATUS_INVALID_PARAMETER|STATUS_INVALID_HANDLE|"
          "STATUS_INSUFFICIENT_RESOURCES !create-values-in-range"),
    KEEPS(open_parameters, "any", /* all that may come of one open */
          "FltCreateFile k1 path=\\d; UnloadFilter filter=f0; KeRaiseIrql irql=1; "
          "FltCreateFile root=k1+1 path=x share=8 fail=STATUS_FILE_LOCK_CONFLICT fail_step=4 k2 "
          "allows:STATUS_SUCCESS|STATUS_INVALID_PARAMETER|STATUS_INVALID_HANDLE|"
          "STATUS_FLT_DELETING_OBJECT|STATUS_FILE_LOCK_CONFLICT|0xC4 !flt-at-passive "
          "!create-values-in-range"),
    BREAKS(open_parameters, "", OPEN("\\a") "disposition=6 k1 !disposition-known"),
    BREAKS(open_parameters, "create_checks=always",
           OPEN("\\a") "share=8 k1 !create-values-in-range"),
    BREAKS(open_existing, "", OPEN("\\a") "share=8 " INVALID "!create-values-in-range"),

    /* What callers do wrong */
    KEEPS(instance_of_the_volume, "", OPEN("\\a") "instance=i0 k1"),
    KEEPS(instance_of_the_volume, "", OPEN("\\??\\W:\\a") "k1; ZwCreateFile path=\\??\\W:\\a k2"),
    KEEPS(instance_of_the_volume, "", /* nothing is named */
          OPEN("x") "instance=i0 =STATUS_OBJECT_PATH_SYNTAX_BAD"),
    BREAKS(instance_of_the_volume, "",
           OPEN("\\??\\W:\\a") "instance=i0 " NO_MOUNT "!instance-of-the-volume"),
    BREAKS(instance_of_the_volume, "", /* whatever refuses the call */
           ROOT("\\d") ON(i2) IN "x instance=i2 disposition=6 " INVALID
                                 "!disposition-known !instance-of-the-volume"),
    KEEPS(volume_open_access, "", OPEN("\\??\\C:") "k1; " OPEN("\\a") ATTRIBUTES_ONLY "k2"),
    KEEPS(volume_open_access, "", OPEN("\\??\\C:") "k1 access=MAXIMUM_ALLOWED"),
    KEEPS(volume_open_access, "", "ZwCreateFile path=\\??\\C: k1 access=SYNCHRONIZE"),
    BREAKS(volume_open_access, "",
           OPEN("\\??\\C:") "k1 access=FILE_READ_ATTRIBUTES|READ_CONTROL|WRITE_DAC|WRITE_OWNER "
                            "!volume-open-access"),
    BREAKS(volume_open_access, "",
           "FltCreateFileEx2 path=\\??\\C: k1 access=SYNCHRONIZE null:object !volume-open-access"),
    KEEPS(root_is_directory, "", ROOT("\\d") IN "x k1; " IN "q " NOT_FOUND),
    KEEPS(root_is_directory, "", ROOT("\\a") IN "id:1 " BY_ID "k1"),
    BREAKS(root_is_directory, "", ROOT("\\a") IN "x " NO_PATH "!root-is-directory"),
    BREAKS(root_is_directory, "", ROOT("\\link") IN "x " NO_PATH "!root-is-directory"),
    BREAKS(root_is_directory, "",
           ROOT("\\??\\W:\\a") IN "id:1 " BY_ID INVALID "!root-is-directory"),
    BREAKS(root_is_directory, "",
           "ZwOpenKey k1; ZwCreateFile root=k1 path=x " MISMATCH "!root-is-directory"),

    /* RootDirectory is used as any handle is. */
    KEEPS(use_before_close, "", ROOT("\\d") IN "x k1"),
    BREAKS(use_before_close, "",
           ROOT("\\d") "FltClose @8 " GONE(o1) "; " IN "x " BAD "!use-before-close"),
    BREAKS(use_real_handle, "", "ZwCreateFile root=4 path=x " BAD "!use-real-handle"),
    BREAKS(use_real_handle, "", "FltCreateFile root=-1 path=x " BAD "!use-real-handle"),
    BREAKS(handle_unaltered, "",
           "FltCreateFile k1 @1 path=\\d; FltCreateFile root=k1+1 derived:root path=x k2 "
           "!handle-unaltered"),
    BREAKS(handle_in_its_process, "",
           "FltCreateFile u1 @1 path=\\d attributes=0 !kernel-handle-outside-system; "
           "RunIn process=p2; FltCreateFile root=@1 path=x " BAD "!handle-in-its-process"),
    BREAKS(output_used_after_failure, "",
           OPEN("\\missing") "@1 " NOT_FOUND "; FltCreateFile root=@1 path=x " BAD
                             "!output-used-after-failure"),
};

static void test_rules(void **state) {
    run_cases(*state, cases, ENTRIES(cases));
}

static void test_every_rule_has_its_cases(void **state) {
    (void)state;
    check_have_cases(rules_of_targets_test, ENTRIES(rules_of_targets_test), cases, ENTRIES(cases));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_rules),
        TEST(test_every_rule_has_its_cases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
