/* The contract against hand-made outcomes: for every rule that is decided here, what keeps it and
 * what breaks it. The language of the scripts is in contract_script.h. A new case is a line of a
 * table. */
#include "contract_cases.h"
#include "state.h"

#define BAD "=STATUS_INVALID_HANDLE"
#define TWELVE                                                                                     \
    "FltCreateFile k1; FltCreateFile k2; FltCreateFile k3; FltCreateFile k5; FltCreateFile k6; "   \
    "FltCreateFile k7; FltCreateFile k9; FltCreateFile k10; FltCreateFile k11; "                   \
    "FltCreateFile k13; FltCreateFile k14; FltCreateFile k15; "
#define FULL "=STATUS_INSUFFICIENT_RESOURCES"
#define IN_P1 "attributes=0 !kernel-handle-outside-system "
#define GONE(o) "cleanup:" #o " close:" #o " "
#define PROTECT(h) "ZwSetInformationObject " #h " handle_flags=HANDLE_FLAG_PROTECT_FROM_CLOSE; "
#define STUCK "=STATUS_HANDLE_NOT_CLOSABLE"
#define TAKEN "=STATUS_OBJECT_NAME_COLLISION"
#define DENIED "=STATUS_ACCESS_DENIED"
#define UNDONE(o) "create:" #o " " GONE(o)
#define F1 "FltRegisterFilter filter=f1; FltStartFiltering filter=f1; "
#define TEARDOWN(i) "TeardownStart instance=" #i "; TeardownComplete instance=" #i
#define SWAPPED(words)                                                                             \
    "ZwCreateFile k1 o1 silent create:o9 create:o1 { FltCreateFile k2 o9 " words                   \
    " silent row:o9 }; "
#define FROM_USER "SetPreviousMode mode=UserMode; "
#define TWO_DEEP "KeStackAttachProcess process=p1; KeStackAttachProcess process=p2; "
#define DELETING "=STATUS_FLT_DELETING_OBJECT"
#define OPEN_A(handle, access, share)                                                              \
    "FltCreateFile " handle " path=\\a access=" access " share=" share " "
#define READ "FILE_READ_DATA"
#define WRITE "FILE_WRITE_DATA"
#define SHARE_ALL "7"
#define VIOLATION "=STATUS_SHARING_VIOLATION"
#define EIGHT_DEEP TWO_DEEP TWO_DEEP TWO_DEEP TWO_DEEP

static const struct script_case provider_cases[] = {
    /* FltClose */
    KEEPS(close_flt_created, "", "FltCreateFile k1; FltClose k1 " GONE(o1) "allows:STATUS_SUCCESS"),
    KEEPS(close_flt_created, "any",
          "FltCreateFile k1; FltClose k1 " GONE(o1) "allows:STATUS_SUCCESS"),
    KEEPS(close_flt_created, "", "FltCreateFileEx k1 null:object; FltClose k1 " GONE(o1)),
    KEEPS(close_flt_created, "", "FltCreateFile u1 " IN_P1 "; FltClose u1 " GONE(o1)),
    BREAKS(close_flt_created, "", "FltCreateFile k1; FltClose k1 " BAD),
    BREAKS(close_flt_created, "", "FltCreateFileEx k1; FltClose k1 =STATUS_ACCESS_DENIED"),
    BREAKS(close_flt_created, "forwarding", "FltCreateFile k1; FltClose k1 " BAD),
    KEEPS(close_only_flt_created, "",
          "ZwCreateFile k1; FltClose k1 " BAD
          " !flt-close-for-flt-handles allows:STATUS_INVALID_HANDLE"),
    BREAKS(close_only_flt_created, "",
           "ZwCreateFile k1; FltClose k1 " GONE(o1) "!flt-close-for-flt-handles"),
    BREAKS(close_only_flt_created, "strict",
           "ZwCreateEvent k1; FltClose k1 !flt-close-for-flt-handles"),
    KEEPS(close_only_flt_created, "any",
          "ZwCreateFile k1; FltClose k1 " BAD " !flt-close-for-flt-handles "
          "allows:STATUS_INVALID_HANDLE|STATUS_SUCCESS; ZwClose k1 " GONE(o1)),
    KEEPS(close_only_flt_created, "any",
          "ZwCreateFile k1; FltClose k1+1 " BAD " !flt-close-for-flt-handles "
          "allows:STATUS_INVALID_HANDLE|STATUS_SUCCESS|0x93"),
    KEEPS(close_only_flt_created, "any",
          "ZwCreateEvent k1; FltClose k1 !flt-close-for-flt-handles; ZwClose k1 " BAD
          " !close-once"),
    BREAKS(close_only_flt_created, "any",
           "ZwCreateEvent k1; FltClose k1 =STATUS_ACCESS_DENIED !flt-close-for-flt-handles"),
    KEEPS(close_forwards, "forwarding",
          "ZwCreateFile k1; FltClose k1 " GONE(
              o1) "!flt-close-for-flt-handles allows:STATUS_SUCCESS"),
    BREAKS(close_forwards, "forwarding",
           "ZwCreateFile k1; FltClose k1 " BAD " !flt-close-for-flt-handles"),

    /* ZwClose, and bad handles */
    KEEPS(close_any_type, "", "ZwCreateEvent k1; ZwClose k1 allows:STATUS_SUCCESS"),
    KEEPS(close_any_type, "any",
          "ZwCreateEvent k1; ZwDuplicateObject k1+1 -> k2 target=System; ZwClose k2"),
    KEEPS(close_any_type, "",
          "FltCreateFile k1; ZwClose k1 " GONE(o1) "!zw-close-for-other-handles"),
    BREAKS(close_any_type, "", "ZwCreateEvent k1; ZwClose k1 " BAD),
    BREAKS(close_any_type, "", "FltCreateFile k1; ZwClose k1 " BAD " !zw-close-for-other-handles"),
    KEEPS(close_bad_handle, "", "FltClose k9 " BAD " !close-real-handle"),
    KEEPS(close_bad_handle, "forwarding", "FltClose k9 " BAD " !close-real-handle"),
    KEEPS(close_bad_handle, "", "ZwClose 0 " BAD " !close-real-handle"),
    KEEPS(close_bad_handle, "",
          "FltClose -1 " BAD " !close-real-handle allows:STATUS_INVALID_HANDLE"),
    KEEPS(close_bad_handle, "",
          "ZwCreateFile k1; ZwClose k1 " GONE(o1) "; ZwClose k1 " BAD " !close-once"),
    KEEPS(close_bad_handle, "any",
          "ZwClose k9 " BAD " !close-real-handle allows:STATUS_INVALID_HANDLE|0x93"),
    KEEPS(close_bad_handle, "any", "ZwClose k9 =0x93:k9:1 !close-real-handle"),
    KEEPS(close_bad_handle, "any",
          "ZwClose u9 " BAD " !close-real-handle allows:STATUS_INVALID_HANDLE"),
    KEEPS(close_bad_handle, "strict", "ZwClose 0xFFFFFFFF80000000 " BAD " !close-real-handle"),
    KEEPS(close_bad_handle, "strict", "ZwClose 0x7FFFFFFF80000004 " BAD " !close-real-handle"),
    KEEPS(close_bad_handle, "strict", "ZwClose u1 " BAD " !close-real-handle"),
    KEEPS(close_bad_handle, "tag_bits=significant",
          "ZwCreateFile k1; ZwClose k1+2 " BAD " !close-real-handle"),
    BREAKS(close_bad_handle, "", "FltClose k9 !close-real-handle"),
    BREAKS(close_bad_handle, "", "ZwClose 0 !close-real-handle"),
    BREAKS(close_bad_handle, "", "FltClose -1 !close-real-handle"),
    BREAKS(close_bad_handle, "any", "ZwClose k9 !close-real-handle"),
    BREAKS(close_bad_handle, "any", "ZwClose k9 =0x50 !close-real-handle"),
    BREAKS(close_bad_handle, "", "FltCreateFile k1; FltClose 0x80000004 !close-real-handle"),
    KEEPS(close_bad_kernel_handle_stops, "strict",
          "ZwClose k9 =0x93:k9:1 !close-real-handle allows:0x93"),
    KEEPS(close_bad_kernel_handle_stops, "strict", "FltClose k9 =0x93:k9:1 !close-real-handle"),
    KEEPS(close_bad_kernel_handle_stops, "strict",
          "FltCreateFile k1; FltClose k1+1 =0x93:k1+1:1 !close-real-handle"),
    BREAKS(close_bad_kernel_handle_stops, "strict", "ZwClose k9 " BAD " !close-real-handle"),
    BREAKS(close_bad_kernel_handle_stops, "strict", "ZwClose k9 =0x50 !close-real-handle"),
    BREAKS(close_bad_kernel_handle_stops, "strict", "ZwClose k9 =0x93:k8:1 !close-real-handle"),
    BREAKS(close_bad_kernel_handle_stops, "any", "ZwClose k9 =0x93:k9:0 !close-real-handle"),
    KEEPS(close_minus_one, "",
          "ZwClose -1 " BAD " !close-real-handle allows:STATUS_INVALID_HANDLE"),
    KEEPS(close_minus_one, "forwarding", "ZwClose -1 !close-real-handle allows:STATUS_SUCCESS"),
    KEEPS(close_minus_one, "forwarding", "FltClose -1 !close-real-handle allows:STATUS_SUCCESS"),
    KEEPS(close_minus_one, "any",
          "ZwClose -1 !close-real-handle allows:STATUS_SUCCESS|STATUS_INVALID_HANDLE"),
    KEEPS(close_minus_one, "any minus_one=success",
          "FltClose -1 " BAD " !close-real-handle allows:STATUS_SUCCESS|STATUS_INVALID_HANDLE"),
    KEEPS(close_minus_one, "flt_close=any minus_one=status",
          "FltClose -1 " BAD " !close-real-handle allows:STATUS_INVALID_HANDLE"),
    BREAKS(close_minus_one, "", "ZwClose -1 !close-real-handle"),
    BREAKS(close_minus_one, "forwarding", "ZwClose -1 " BAD " !close-real-handle"),
    BREAKS(close_minus_one, "forwarding", "FltClose -1 " BAD " !close-real-handle"),

    /* Tag bits, and how values resolve */
    KEEPS(close_flt_created, "",
          "FltCreateFile k1; FltClose k1+3 " GONE(o1) "allows:STATUS_SUCCESS"),
    KEEPS(close_flt_created, "any",
          "FltCreateFile k1; FltClose k1+3 =0x93:k1+3:1 "
          "allows:STATUS_SUCCESS|STATUS_INVALID_HANDLE|0x93"),
    KEEPS(close_flt_created, "any",
          "FltCreateFile k1; FltClose k1+1 " BAD "; FltClose k1 " GONE(o1)),
    KEEPS(close_flt_created, "", "FltCreateFile k1; RunIn process=System; FltClose u1 " GONE(o1)),
    KEEPS(close_flt_created, "",
          "RunIn process=System; FltCreateFile k1 attributes=0; FltClose k1 " GONE(o2)),
    KEEPS(close_bad_handle, "",
          "FltCreateFile u1 " IN_P1 "; RunIn process=p2; FltClose u1 " BAD " !close-real-handle"),

    /* Opens */
    KEEPS(open_existing, "",
          "FltCreateFile k1 allows:STATUS_SUCCESS; ZwCreateFile k2; FltCreateFileEx k3"),
    BREAKS(open_existing, "", "FltCreateFile =STATUS_ACCESS_DENIED"),
    BREAKS(open_existing, "", "FltCreateFileEx =STATUS_INSUFFICIENT_RESOURCES"),
    BREAKS(open_existing, "any", "ZwCreateFile path=\\b =STATUS_OBJECT_NAME_NOT_FOUND"),
    KEEPS(open_missing, "", "FltCreateFile path=\\missing =STATUS_OBJECT_NAME_NOT_FOUND"),
    KEEPS(open_missing, "", "ZwCreateFile path=\\elsewhere =STATUS_OBJECT_NAME_NOT_FOUND"),
    BREAKS(open_missing, "", "FltCreateFile k1 path=\\missing"),
    BREAKS(open_missing, "any", "ZwCreateFile path=\\missing =STATUS_OBJECT_PATH_NOT_FOUND"),
    KEEPS(open_name_syntax, "", "FltCreateFile path= =STATUS_OBJECT_PATH_SYNTAX_BAD"),
    KEEPS(open_name_syntax, "", "FltCreateFileEx path=a =STATUS_OBJECT_PATH_SYNTAX_BAD"),
    KEEPS(open_name_syntax, "", "ZwCreateFile path=not\\absolute =STATUS_OBJECT_PATH_SYNTAX_BAD"),
    BREAKS(open_name_syntax, "", "FltCreateFile path= =STATUS_OBJECT_NAME_NOT_FOUND"),
    BREAKS(open_name_syntax, "", "ZwCreateFile k1 path=a"),
    KEEPS(open_table_full, "geometry=small",
          TWELVE "FltCreateFile " FULL " allows:STATUS_INSUFFICIENT_RESOURCES"),
    KEEPS(open_table_full, "geometry=small",
          TWELVE "ZwCreateEvent " FULL "; ZwCreateEvent u1 " IN_P1),
    KEEPS(open_table_full, "geometry=small",
          TWELVE "FltCreateFile path=\\missing =STATUS_OBJECT_NAME_NOT_FOUND"),
    KEEPS(open_table_full, "geometry=small",
          TWELVE "FltClose k9 " GONE(o7) "; FltCreateFile k9 allows:STATUS_SUCCESS"),
    KEEPS(open_table_full, "geometry=small reuse=never",
          TWELVE "FltClose k9 " GONE(o7) "; FltCreateFile " FULL),
    KEEPS(open_table_full, "geometry=small reuse=any",
          TWELVE "FltClose k9 " GONE(o7) "; FltCreateFile " FULL
                                         " allows:STATUS_SUCCESS|STATUS_INSUFFICIENT_RESOURCES"),
    KEEPS(open_table_full, "geometry=any",
          TWELVE "FltCreateFile " FULL " allows:STATUS_SUCCESS|STATUS_INSUFFICIENT_RESOURCES"),
    KEEPS(open_table_full, "geometry=any", TWELVE "FltCreateFile k17"),
    KEEPS(open_table_full, "geometry=any", "FltCreateFile k1 allows:STATUS_SUCCESS"),
    KEEPS(open_table_full, "", TWELVE "FltCreateFile k17 allows:STATUS_SUCCESS"),
    BREAKS(open_table_full, "geometry=small", TWELVE "FltCreateFile k17"),
    BREAKS(open_table_full, "geometry=small", TWELVE "ZwCreateEvent k17"),
    KEEPS(create_event, "", "ZwCreateEvent k1 allows:STATUS_SUCCESS"),
    BREAKS(create_event, "", "ZwCreateEvent =STATUS_ACCESS_DENIED"),

    /* Their outputs */
    KEEPS(open_iosb, "", "FltCreateFile k1"),
    BREAKS(open_iosb, "", "FltCreateFile k1 info:0"),
    BREAKS(open_iosb, "", "FltCreateFileEx k1 iosb:0xC0000008"),
    BREAKS(open_iosb, "", "ZwCreateFile k1 info:fill iosb:fill"),
    BREAKS(open_iosb, "", "ZwCreateFile k1 info:fill"),
    KEEPS(open_iosb, "", "ZwCreateFile k1 null:iosb iosb:7 info:7"),
    KEEPS(open_failed_iosb, "", "FltCreateFile path= =STATUS_OBJECT_PATH_SYNTAX_BAD"),
    KEEPS(open_failed_iosb, "failed_iosb=written",
          "FltCreateFile path= =STATUS_OBJECT_PATH_SYNTAX_BAD iosb:0xC000003B info:0"),
    KEEPS(open_failed_iosb, "any",
          "FltCreateFile path= =STATUS_OBJECT_PATH_SYNTAX_BAD; "
          "FltCreateFile path= =STATUS_OBJECT_PATH_SYNTAX_BAD iosb:0xC000003B info:0"),
    BREAKS(open_failed_iosb, "",
           "FltCreateFile path= =STATUS_OBJECT_PATH_SYNTAX_BAD iosb:0xC000003B info:0"),
    BREAKS(open_failed_iosb, "failed_iosb=written",
           "ZwCreateFile path= =STATUS_OBJECT_PATH_SYNTAX_BAD"),
    BREAKS(open_failed_iosb, "any",
           "ZwCreateFile path= =STATUS_OBJECT_PATH_SYNTAX_BAD iosb:0 info:0"),
    BREAKS(open_failed_iosb, "any", "ZwCreateFile path= =STATUS_OBJECT_PATH_SYNTAX_BAD info:0"),
    BREAKS(open_failed_iosb, "any",
           "ZwCreateFile path= =STATUS_OBJECT_PATH_SYNTAX_BAD iosb:0xC000003B"),
    KEEPS(open_failed_iosb, "",
          "ZwCreateFile path= null:iosb iosb:7 info:7 =STATUS_OBJECT_PATH_SYNTAX_BAD"),
    KEEPS(failed_outputs, "", "FltCreateFileEx path= =STATUS_OBJECT_PATH_SYNTAX_BAD"),
    KEEPS(failed_outputs, "failed_outputs=zero",
          "FltCreateFileEx path= =STATUS_OBJECT_PATH_SYNTAX_BAD handle:0 object:NULL"),
    KEEPS(failed_outputs, "failed_outputs=zero",
          "FltCreateFileEx path= null:object =STATUS_OBJECT_PATH_SYNTAX_BAD handle:0"),
    KEEPS(failed_outputs, "failed_outputs=pattern",
          "FltCreateFileEx path= =STATUS_OBJECT_PATH_SYNTAX_BAD handle:k9 object:o9"),
    KEEPS(failed_outputs, "failed_outputs=any",
          "FltCreateFileEx path= =STATUS_OBJECT_PATH_SYNTAX_BAD handle:0 object:fill"),
    KEEPS(failed_outputs, "failed_outputs=pattern",
          "ZwCreateEvent k1; ZwClose k1; FltCreateFile path= =STATUS_OBJECT_PATH_SYNTAX_BAD "
          "handle:k1"),
    BREAKS(failed_outputs, "", "FltCreateFile path= =STATUS_OBJECT_PATH_SYNTAX_BAD handle:0"),
    BREAKS(failed_outputs, "", "FltCreateFileEx path= =STATUS_OBJECT_PATH_SYNTAX_BAD object:o9"),
    BREAKS(failed_outputs, "failed_outputs=zero",
           "FltCreateFile path= =STATUS_OBJECT_PATH_SYNTAX_BAD"),
    BREAKS(failed_outputs, "failed_outputs=pattern",
           "FltCreateFile k1; FltCreateFile path= =STATUS_OBJECT_PATH_SYNTAX_BAD handle:k1"),
    BREAKS(failed_outputs, "any",
           "FltCreateFile u1 " IN_P1
           "; ZwCreateFile path= =STATUS_OBJECT_PATH_SYNTAX_BAD handle:u1"),
    BREAKS(failed_outputs, "any",
           "FltCreateFile k1; ObReferenceObjectByHandle k9 " BAD " object:o1 !use-real-handle"),
    BREAKS(failed_outputs, "", "ObReferenceObjectByHandle k9 " BAD " object:NULL !use-real-handle"),
    BREAKS(failed_outputs, "geometry=small", TWELVE "ZwCreateEvent " FULL " handle:k17"),
    KEEPS(handle_value_form, "", "FltCreateFile k1"),
    BREAKS(handle_value_form, "", "FltCreateFile 0"),
    BREAKS(handle_value_form, "", "FltCreateFile -1"),
    BREAKS(handle_value_form, "", "ZwCreateEvent k1+1"),
    BREAKS(handle_value_form, "", "ZwCreateFile fill"),
    KEEPS(handle_value_half, "",
          "FltCreateFile u1 " IN_P1 "; RunIn process=System; FltCreateFile k1 attributes=0"),
    BREAKS(handle_value_half, "", "FltCreateFile u1"),
    BREAKS(handle_value_half, "", "FltCreateFile k1 " IN_P1),
    BREAKS(handle_value_half, "", "FltCreateFile 0x7FFFFFFF80000004"),
    BREAKS(handle_value_half, "", "RunIn process=System; FltCreateFile u1 attributes=0"),
    KEEPS(handle_value_fresh, "", "ZwCreateEvent k1; ZwClose k1; ZwCreateEvent k1"),
    KEEPS(handle_value_fresh, "any", "ZwCreateEvent k1; ZwClose k1; ZwCreateEvent k1"),
    KEEPS(handle_value_fresh, "reuse=never",
          "ZwCreateEvent u1 " IN_P1 "; RunIn process=p2; ZwCreateEvent u1 " IN_P1),
    BREAKS(handle_value_fresh, "", "ZwCreateEvent k1; ZwCreateEvent k1"),
    BREAKS(handle_value_fresh, "reuse=never", "ZwCreateEvent k1; ZwClose k1; ZwCreateEvent k1"),
    KEEPS(open_new_object, "", "FltCreateFile k1; FltCreateFile k2"),
    BREAKS(open_new_object, "", "FltCreateFile k1; FltCreateFile k2 silent row:o1"),
    BREAKS(open_new_object, "", "FltCreateFile k1; FltCreateFile k2 row:o1"),
    BREAKS(open_new_object, "", "FltCreateFile k1; FltCreateFileEx k2 o1 silent"),
    BREAKS(open_new_object, "", "FltCreateFile k1; ZwCreateEvent k2 row:o1"),
    BREAKS(open_new_object, "", "ZwCreateEvent k1 create:o9 row:o9"),
    BREAKS(open_new_object, "", "FltCreateFile k1 row:NULL"),
    KEEPS(ex_returns_object, "", "FltCreateFileEx k1; FltCreateFileEx k2 row:none"),
    BREAKS(ex_returns_object, "", "FltCreateFileEx k1 row:o9"),
    BREAKS(ex_returns_object, "", "FltCreateFileEx k1 object:NULL"),
    BREAKS(ex_returns_object, "", "FltCreateFileEx k1 object:fill"),
    BREAKS(ex_returns_object, "", "FltCreateFileEx k1 object:NULL row:none silent"),
    BREAKS(ex_returns_object, "", "FltCreateFileEx k1 object:fill row:none silent"),

    /* References */
    KEEPS(reference_live, "",
          "FltCreateFile k1; ObReferenceObjectByHandle k1 o1 allows:STATUS_SUCCESS"),
    KEEPS(reference_live, "",
          "ZwCreateEvent k1; ObReferenceObjectByHandle k1 o1 type=ExEventObjectType"),
    KEEPS(reference_live, "any",
          "FltCreateFile k1; ObReferenceObjectByHandle k1+1 " BAD
          " allows:STATUS_SUCCESS|STATUS_INVALID_HANDLE"),
    BREAKS(reference_live, "", "FltCreateFile k1; ObReferenceObjectByHandle k1 " BAD),
    BREAKS(reference_live, "",
           "FltCreateFile k1; ObReferenceObjectByHandle k1 type=IoFileObjectType "
           "=STATUS_OBJECT_TYPE_MISMATCH"),
    KEEPS(reference_bad_handle, "", "ObReferenceObjectByHandle k9 " BAD " !use-real-handle"),
    KEEPS(reference_bad_handle, "strict",
          "ObReferenceObjectByHandle -1 object:NULL " BAD " !use-real-handle"),
    BREAKS(reference_bad_handle, "", "ObReferenceObjectByHandle k9 o9 !use-real-handle"),
    BREAKS(reference_bad_handle, "", "ObReferenceObjectByHandle -1 o9 !use-real-handle"),
    KEEPS(reference_type, "",
          "FltCreateFile k1; ObReferenceObjectByHandle k1 type=ExEventObjectType "
          "=STATUS_OBJECT_TYPE_MISMATCH"),
    KEEPS(reference_type, "",
          "FltCreateFile u1 " IN_P1
          "; ObReferenceObjectByHandle u1 access=GENERIC_ALL mode=UserMode "
          "type=ExEventObjectType =STATUS_OBJECT_TYPE_MISMATCH allows:STATUS_OBJECT_TYPE_MISMATCH"),
    BREAKS(reference_type, "",
           "FltCreateFile k1; ObReferenceObjectByHandle k1 o1 type=ExEventObjectType"),
    BREAKS(reference_type, "",
           "FltCreateFile u1 " IN_P1
           "; ObReferenceObjectByHandle u1 access=GENERIC_ALL mode=UserMode "
           "type=ExEventObjectType =STATUS_ACCESS_DENIED"),
    KEEPS(reference_access, "",
          "FltCreateFile u1 " IN_P1
          "; ObReferenceObjectByHandle u1 access=GENERIC_WRITE mode=UserMode "
          "=STATUS_ACCESS_DENIED allows:STATUS_ACCESS_DENIED"),
    KEEPS(reference_access, "",
          "FltCreateFile k1; ObReferenceObjectByHandle k1 o1 access=GENERIC_WRITE "
          "allows:STATUS_SUCCESS"),
    KEEPS(reference_access, "",
          "FltCreateFile u1 " IN_P1
          "; ObReferenceObjectByHandle u1 o1 access=MAXIMUM_ALLOWED mode=UserMode"),
    KEEPS(
        reference_access, "",
        "FltCreateFile u1 access=MAXIMUM_ALLOWED " IN_P1
        "; ObReferenceObjectByHandle u1 o1 access=GENERIC_ALL mode=UserMode allows:STATUS_SUCCESS"),
    KEEPS(
        reference_access, "",
        "ZwCreateEvent u1 access=GENERIC_EXECUTE " IN_P1
        "; ObReferenceObjectByHandle u1 o1 access=SYNCHRONIZE mode=UserMode allows:STATUS_SUCCESS"),
    BREAKS(reference_access, "",
           "FltCreateFile u1 " IN_P1
           "; ObReferenceObjectByHandle u1 o1 access=GENERIC_WRITE mode=UserMode"),
    BREAKS(reference_access, "",
           "FltCreateFile k1; ObReferenceObjectByHandle k1 access=GENERIC_WRITE "
           "=STATUS_ACCESS_DENIED"),
    KEEPS(reference_user_mode, "",
          "FltCreateFile k1; ObReferenceObjectByHandle k1 mode=UserMode " BAD),
    KEEPS(
        reference_user_mode, "",
        "FltCreateFile k1; ObReferenceObjectByHandle k1 type=ExEventObjectType mode=UserMode " BAD),
    KEEPS(
        reference_user_mode, "",
        "FltCreateFile k1; RunIn process=System; ObReferenceObjectByHandle u1 mode=UserMode " BAD),
    BREAKS(reference_user_mode, "",
           "FltCreateFile k1; ObReferenceObjectByHandle k1 o1 mode=UserMode"),
    BREAKS(reference_user_mode, "",
           "FltCreateFile k1; RunIn process=System; ObReferenceObjectByHandle u1 o1 mode=UserMode"),
    KEEPS(reference_same_object, "", "FltCreateFileEx k1; ObReferenceObjectByHandle k1 o1"),
    KEEPS(reference_same_object, "",
          "ZwCreateEvent k1 row:none; ObReferenceObjectByHandle k1 o1; ObReferenceObjectByHandle "
          "k1 o1"),
    BREAKS(reference_same_object, "",
           "FltCreateFile k1; FltCreateFile k2; ObReferenceObjectByHandle k1 o2"),
    BREAKS(reference_same_object, "", "FltCreateFile k1; ObReferenceObjectByHandle k1 o9"),
    BREAKS(reference_same_object, "", "FltCreateFile k1; ObReferenceObjectByHandle k1 object:fill"),
    BREAKS(reference_same_object, "",
           "ZwCreateEvent k1 row:none; ObReferenceObjectByHandle k1 object:NULL"),
    BREAKS(reference_same_object, "",
           "ZwCreateEvent k1 row:none; ObReferenceObjectByHandle k1 object:fill"),
    BREAKS(reference_same_object, "",
           "ZwCreateEvent k1 row:none; FltCreateFile k2; ObReferenceObjectByHandle k1 o2"),

    /* IRQL */
    KEEPS(raise_irql_result, "",
          "KeRaiseIrql irql=2; KeRaiseIrql irql=5 irql:2; KeLowerIrql irql=0"),
    KEEPS(raise_irql_result, "", "KeRaiseIrql irql=2 null:irql irql:7"),
    BREAKS(raise_irql_result, "", "KeRaiseIrql irql=2 irql:1"),
    BREAKS(raise_irql_result, "", "KeRaiseIrql irql=2; KeRaiseIrql irql=5 irql:0"),
    KEEPS(raise_irql_stops, "",
          "KeRaiseIrql irql=2; KeRaiseIrql irql=1 =0x09:1:2 !raise-irql-upward allows:0x09"),
    KEEPS(raise_irql_stops, "any", "KeRaiseIrql irql=2; KeRaiseIrql irql=2 allows:STATUS_SUCCESS"),
    BREAKS(raise_irql_stops, "", "KeRaiseIrql irql=2; KeRaiseIrql irql=1 !raise-irql-upward"),
    BREAKS(raise_irql_stops, "",
           "KeRaiseIrql irql=2; KeRaiseIrql irql=1 =0x09:2:1 !raise-irql-upward"),
    KEEPS(lower_irql_stops, "", "KeLowerIrql irql=1 =0x0A:1:0 !lower-irql-downward allows:0x0A"),
    KEEPS(lower_irql_stops, "", "KeLowerIrql irql=0"),
    BREAKS(lower_irql_stops, "", "KeLowerIrql irql=1 !lower-irql-downward"),
    BREAKS(lower_irql_stops, "", "KeLowerIrql irql=1 =0x0A:0:1 !lower-irql-downward"),
    KEEPS(
        verifier_irql_stops, "strict",
        "KeRaiseIrql irql=1; FltClose k9 =0xC4:0:1 !flt-at-passive !close-real-handle allows:0xC4"),
    KEEPS(verifier_irql_stops, "strict",
          "KeRaiseIrql irql=15; RunIn process=p2; KeLowerIrql irql=0"),
    KEEPS(verifier_irql_stops, "strict",
          "FltCreateFileEx k1; KeRaiseIrql irql=2; ObDereferenceObject o1; KeRaiseIrql irql=3; "
          "ObReferenceObjectByHandle k1 =0xC4:0:3 !reference-at-passive"),
    KEEPS(verifier_irql_stops, "any",
          "KeRaiseIrql irql=1; FltCreateFile k1 !flt-at-passive allows:STATUS_SUCCESS|0xC4"),
    KEEPS(verifier_irql_stops, "any",
          "KeRaiseIrql irql=1; FltCreateFile =0xC4:0:1 !flt-at-passive"),
    KEEPS(verifier_irql_stops, "",
          "KeRaiseIrql irql=1; FltCreateFile k1 !flt-at-passive allows:STATUS_SUCCESS"),
    BREAKS(verifier_irql_stops, "strict", "KeRaiseIrql irql=1; FltCreateFile k1 !flt-at-passive"),
    BREAKS(verifier_irql_stops, "strict",
           "KeRaiseIrql irql=1; FltCreateFile =0xC4:0:0 !flt-at-passive"),
    BREAKS(verifier_irql_stops, "strict",
           "KeRaiseIrql irql=1; FltCreateFile =0x50 !flt-at-passive"),
    KEEPS(call_is_quiet, "", "RunIn process=p2 allows:STATUS_SUCCESS"),
    BREAKS(call_is_quiet, "", "RunIn process=p2 =0x50"),
    BREAKS(call_is_quiet, "", "FltCreateFile =0x50"),
    BREAKS(call_is_quiet, "", "FltClose k9 =0x93:k9:1 !close-real-handle"),
    BREAKS(call_is_quiet, "any", "FltCreateFile k1; FltClose k1 =0x50"),
    BREAKS(call_is_quiet, "", "KeRaiseIrql irql=1; FltCreateFile =0xC4:0:1 !flt-at-passive"),
    BREAKS(call_is_quiet, "", "FltCreateFileEx k1; ObDereferenceObject o1 =0x18"),
    BREAKS(call_is_quiet, "", "KeRaiseIrql irql=1 =0x09:1:0"),

    /* IRPs */
    KEEPS(irp_create_first, "", "FltCreateFile k1; ZwCreateEvent k2"),
    BREAKS(irp_create_first, "", "FltCreateFile k1 silent"),
    BREAKS(irp_create_first, "", "FltCreateFileEx k1 silent"),
    BREAKS(irp_create_first, "", "FltCreateFile k1 row:o9"),
    BREAKS(irp_create_first, "", "FltCreateFile k1 create:o1"),
    BREAKS(irp_create_first, "", "FltCreateFile k1; irps create:o1"),
    KEEPS(irp_cleanup_at_last_handle, "",
          "FltCreateFileEx k1; FltClose k1 cleanup:o1; ObDereferenceObject o1 close:o1"),
    BREAKS(irp_cleanup_at_last_handle, "", "FltCreateFileEx k1; FltClose k1"),
    BREAKS(irp_cleanup_at_last_handle, "", "FltCreateFile k1; irps cleanup:o1"),
    BREAKS(irp_cleanup_at_last_handle, "",
           "FltCreateFile k1; FltCreateFile k2; FltClose k1 cleanup:o1 close:o1 cleanup:o2"),
    KEEPS(irp_cleanup_once, "", "FltCreateFile k1; FltClose k1 " GONE(o1)),
    BREAKS(irp_cleanup_once, "", "FltCreateFile k1; FltClose k1 cleanup:o1 cleanup:o1"),
    BREAKS(irp_cleanup_once, "",
           "FltCreateFileEx k1; FltClose k1 cleanup:o1; ObDereferenceObject o1 cleanup:o1"),
    KEEPS(irp_cleanup_in_closing_process, "",
          "FltCreateFile k1; RunIn process=p2; FltClose k1 cleanup:o1:p2 close:o1"),
    BREAKS(irp_cleanup_in_closing_process, "",
           "FltCreateFile k1; RunIn process=p2; FltClose k1 cleanup:o1:p1 close:o1"),
    BREAKS(irp_cleanup_in_closing_process, "", "FltCreateFile k1; FltClose k1 cleanup:o1:System"),
    KEEPS(irp_close_after_cleanup, "", "FltCreateFile k1; FltClose k1 " GONE(o1)),
    BREAKS(irp_close_after_cleanup, "", "FltCreateFile k1; FltClose k1 close:o1 cleanup:o1"),
    BREAKS(irp_close_after_cleanup, "", "FltCreateFile k1; FltClose k1 close:o1"),
    KEEPS(irp_close_at_last_reference, "",
          "FltCreateFile k1; ObReferenceObjectByHandle k1 o1; FltClose k1 cleanup:o1; "
          "ObReferenceObjectByHandle k1 " BAD
          " !use-before-close; ObDereferenceObject o1 close:o1; end"),
    KEEPS(irp_close_at_last_reference, "",
          "FltCreateFile k1; FltClose k1 cleanup:o1; FltCreateFile k1; irps close:o1; FltClose "
          "k1 " GONE(o3) "; end"),
    BREAKS(irp_close_at_last_reference, "", "FltCreateFileEx k1; FltClose k1 " GONE(o1)),
    BREAKS(irp_close_at_last_reference, "",
           "FltCreateFileEx k1; FltClose k1 cleanup:o1; irps close:o1"),
    BREAKS(irp_close_at_last_reference, "", "FltCreateFile k1; FltClose k1 cleanup:o1; end"),
    BREAKS(irp_close_at_last_reference, "",
           "FltCreateFileEx k1; FltClose k1 cleanup:o1; ObDereferenceObject o1; end"),
    KEEPS(irp_close_once, "", "FltCreateFile k1; FltClose k1 " GONE(o1)),
    BREAKS(irp_close_once, "", "FltCreateFile k1; FltClose k1 " GONE(o1) "close:o1"),
    BREAKS(irp_close_once, "",
           "FltCreateFileEx k1; FltClose k1 cleanup:o1; ObDereferenceObject o1 close:o1 close:o1"),
    BREAKS(irp_close_once, "", "FltCreateFile k1; FltClose k1 cleanup:o1; irps close:o1 close:o1"),
    KEEPS(irp_for_known_object, "",
          "FltCreateFile k1; FltClose k1 " GONE(o1) "; FltCreateFile k2 o1; FltClose k2 " GONE(
              o1) "; end"),
    BREAKS(irp_for_known_object, "", "FltCreateFile k1; FltClose k1 " GONE(o1) "; irps close:o1"),
    BREAKS(irp_for_known_object, "", "irps cleanup:o9"),
    BREAKS(irp_for_known_object, "", "irps create:NULL"),
    BREAKS(irp_for_known_object, "", "irps create:o9"),
    BREAKS(irp_for_known_object, "",
           "FltCreateFile path= =STATUS_OBJECT_PATH_SYNTAX_BAD create:o9"),
    BREAKS(irp_for_known_object, "", "FltCreateFile k1 create:o9 row:o1"),
    BREAKS(irp_for_known_object, "", "FltCreateFileEx k1 create:o9"),
    BREAKS(irp_for_known_object, "", "FltCreateFile k1 row:none create:o9"),
    BREAKS(irp_for_known_object, "", "FltCreateFile k1 create:o9 row:o9"),
    BREAKS(irp_for_known_object, "", "ZwCreateEvent k1; ZwClose k1 cleanup:o1"),
    BREAKS(irp_for_known_object, "", "ZwCreateEvent k1; FltCreateFile k2 o1"),

    /* Closes from either mode */
    KEEPS(close_any_type, "", "ZwCreateSection k1; NtClose k1 allows:STATUS_SUCCESS"),
    KEEPS(close_any_type, "", "ZwOpenKey k1; ObCloseHandle k1 allows:STATUS_SUCCESS"),
    KEEPS(close_any_type, "",
          "ZwCreateEvent u1 " IN_P1 "; " FROM_USER "NtClose u1 allows:STATUS_SUCCESS"),
    KEEPS(close_any_type, "", "ZwCreateEvent u1 " IN_P1 "; ObCloseHandle u1 mode=UserMode"),
    KEEPS(close_any_type, "", FROM_USER "ZwCreateEvent k1; ZwClose k1 allows:STATUS_SUCCESS"),
    KEEPS(close_any_type, "", FROM_USER "ZwCreateEvent k1; ObCloseHandle k1 allows:STATUS_SUCCESS"),
    KEEPS(close_any_type, "any",
          "ZwCreateEvent u1 " IN_P1
          "; ObCloseHandle u1+1 mode=UserMode allows:STATUS_SUCCESS|STATUS_INVALID_HANDLE"),
    BREAKS(close_any_type, "", "ZwCreateEvent k1; NtClose k1 " BAD),
    BREAKS(close_any_type, "", "ZwCreateEvent k1; ObCloseHandle k1 " BAD),
    KEEPS(close_minus_one, "forwarding",
          "NtClose -1 !close-real-handle allows:STATUS_SUCCESS; "
          "ObCloseHandle -1 mode=UserMode !close-real-handle allows:STATUS_SUCCESS"),
    KEEPS(close_minus_one, "strict",
          FROM_USER "NtClose -1 " BAD " !close-real-handle allows:STATUS_INVALID_HANDLE"),
    BREAKS(close_minus_one, "", "ObCloseHandle -1 mode=UserMode !close-real-handle"),
    KEEPS(close_bad_handle, "strict",
          "ObCloseHandle u9 mode=UserMode " BAD " !close-real-handle allows:STATUS_INVALID_HANDLE"),
    BREAKS(close_bad_handle, "", "NtClose u9 !close-real-handle"),
    BREAKS(close_bad_handle, "", "ObCloseHandle u9 mode=UserMode !close-real-handle"),
    KEEPS(close_bad_kernel_handle_stops, "strict",
          "NtClose k9 =0x93:k9:1 !close-real-handle allows:0x93"),
    KEEPS(close_bad_kernel_handle_stops, "strict",
          "ObCloseHandle k9 =0x93:k9:1 !close-real-handle"),
    BREAKS(close_bad_kernel_handle_stops, "strict", "NtClose k9 " BAD " !close-real-handle"),
    KEEPS(close_kernel_handle_from_user_mode, "",
          "ZwCreateEvent k1; " FROM_USER "NtClose k1 " BAD
          " !close-from-kernel-mode allows:STATUS_INVALID_HANDLE; "
          "SetPreviousMode mode=KernelMode; NtClose k1"),
    KEEPS(close_kernel_handle_from_user_mode, "",
          "FltCreateFile k1; ObCloseHandle k1 mode=UserMode " BAD
          " !close-from-kernel-mode; FltClose k1 " GONE(o1)),
    KEEPS(close_kernel_handle_from_user_mode, "",
          "ZwCreateEvent k1; RunIn process=System; ObCloseHandle u1 mode=UserMode " BAD
          " !close-from-kernel-mode"),
    KEEPS(close_kernel_handle_from_user_mode, "any",
          "ZwCreateEvent k1; " PROTECT(k1) "ObCloseHandle k1 mode=UserMode " BAD
                                           " !close-from-kernel-mode allows:STATUS_INVALID_HANDLE"),
    KEEPS(close_kernel_handle_from_user_mode, "strict",
          "ObCloseHandle k9 mode=UserMode " BAD " !close-real-handle allows:STATUS_INVALID_HANDLE"),
    BREAKS(close_kernel_handle_from_user_mode, "",
           "ZwCreateEvent k1; ObCloseHandle k1 mode=UserMode !close-from-kernel-mode"),
    BREAKS(close_kernel_handle_from_user_mode, "",
           "ZwCreateEvent k1; " FROM_USER "NtClose k1 !close-from-kernel-mode"),
    BREAKS(close_kernel_handle_from_user_mode, "any",
           "ObCloseHandle k9 mode=UserMode !close-real-handle"),
    BREAKS(call_is_quiet, "strict", "ObCloseHandle k9 mode=UserMode =0x93:k9:1 !close-real-handle"),

    /* Protection */
    KEEPS(close_protected, "",
          "FltCreateFile k1; " PROTECT(
              k1) "FltClose k1 " STUCK " !close-unprotected "
                  "allows:STATUS_HANDLE_NOT_CLOSABLE; ZwSetInformationObject k1 handle_flags=0; "
                  "FltClose k1 " GONE(o1) "; end"),
    KEEPS(close_protected, "",
          "ZwCreateEvent k1; " PROTECT(
              k1) "ZwClose k1 " STUCK " !close-unprotected; NtClose k1 " STUCK
                  " !close-unprotected; ObCloseHandle k1 " STUCK " !close-unprotected"),
    KEEPS(close_protected, "forwarding",
          "ZwCreateEvent k1; " PROTECT(k1) "FltClose k1 " STUCK
                                           " !flt-close-for-flt-handles !close-unprotected "
                                           "allows:STATUS_HANDLE_NOT_CLOSABLE"),
    KEEPS(close_protected, "strict",
          "ZwCreateEvent u1 " IN_P1
          "; " PROTECT(u1) "ObCloseHandle u1 mode=UserMode " STUCK
                           " !close-unprotected allows:STATUS_HANDLE_NOT_CLOSABLE"),
    KEEPS(close_protected, "any",
          "ZwCreateEvent k1; " PROTECT(
              k1) "ZwClose k1 " STUCK " !close-unprotected allows:STATUS_HANDLE_NOT_CLOSABLE|0x93"),
    KEEPS(close_protected, "any",
          "ZwCreateEvent k1; " PROTECT(
              k1) "FltClose k1 " BAD " !flt-close-for-flt-handles !close-unprotected "
                  "allows:STATUS_INVALID_HANDLE|STATUS_HANDLE_NOT_CLOSABLE|0x93"),
    KEEPS(close_only_flt_created, "",
          "ZwCreateEvent k1; " PROTECT(k1) "FltClose k1 " BAD " !flt-close-for-flt-handles "
                                           "allows:STATUS_INVALID_HANDLE"),
    BREAKS(close_protected, "", "FltCreateFile k1; " PROTECT(k1) "FltClose k1 !close-unprotected"),
    BREAKS(close_protected, "",
           "ZwCreateEvent k1; " PROTECT(k1) "ZwClose k1 " BAD " !close-unprotected"),
    BREAKS(close_protected, "any",
           "ZwCreateEvent k1; " PROTECT(k1) "NtClose k1 !close-unprotected"),
    BREAKS(close_protected, "strict",
           "ZwCreateEvent u1 " IN_P1
           "; " PROTECT(u1) "ObCloseHandle u1 mode=UserMode !close-unprotected"),
    BREAKS(call_is_quiet, "",
           "ZwCreateEvent k1; " PROTECT(k1) "ZwClose k1 =0x93:k1:0 !close-unprotected"),
    KEEPS(close_protected_stops, "strict",
          "ZwCreateEvent k1; " PROTECT(k1) "ZwClose k1 =0x93:k1:0 !close-unprotected allows:0x93"),
    KEEPS(close_protected_stops, "strict",
          "FltCreateFile u1 " IN_P1
          "; " PROTECT(u1) "FltClose u1 =0x93:u1:0 !close-unprotected allows:0x93"),
    KEEPS(close_protected_stops, "any",
          "ZwCreateEvent k1; " PROTECT(k1) "ZwClose k1+1 =0x93:k1+1:0 !close-unprotected"),
    KEEPS(close_protected_stops, "any",
          "ZwCreateEvent k1; " PROTECT(k1) "ZwClose k1+1 =0x93:k1+1:1 !close-unprotected"),
    BREAKS(close_protected_stops, "strict",
           "ZwCreateEvent k1; " PROTECT(k1) "ZwClose k1 " STUCK " !close-unprotected"),
    BREAKS(close_protected_stops, "strict",
           "ZwCreateEvent k1; " PROTECT(k1) "ZwClose k1 =0x93:k1:1 !close-unprotected"),
    BREAKS(close_protected_stops, "any",
           "ZwCreateEvent k1; " PROTECT(k1) "ZwClose k1 =0x93:k2:0 !close-unprotected"),
    KEEPS(set_handle_flags, "",
          "ZwCreateEvent k1; ZwSetInformationObject k1 allows:STATUS_SUCCESS"),
    KEEPS(set_handle_flags, "",
          "ZwSetInformationObject -1 " BAD " !use-real-handle allows:STATUS_INVALID_HANDLE"),
    KEEPS(set_handle_flags, "any",
          "ZwCreateEvent k1; ZwSetInformationObject k1+1 "
          "handle_flags=HANDLE_FLAG_PROTECT_FROM_CLOSE " BAD
          " allows:STATUS_SUCCESS|STATUS_INVALID_HANDLE; ZwClose k1 allows:STATUS_SUCCESS"),
    BREAKS(set_handle_flags, "", "ZwCreateEvent k1; ZwSetInformationObject k1 " BAD),
    BREAKS(set_handle_flags, "", "ZwSetInformationObject k9 !use-real-handle"),

    /* Duplicates */
    KEEPS(duplicate_live, "",
          "FltCreateFile k1; ZwDuplicateObject k1 -> k2 target=System allows:STATUS_SUCCESS; "
          "FltClose k1; "
          "ZwClose k2 " GONE(o1) "; end"),
    KEEPS(duplicate_live, "",
          "FltCreateFile k1; ZwDuplicateObject k1 target=System null:handle value:k2; FltClose k1; "
          "ZwClose k2 " GONE(o1) "; end"),
    KEEPS(duplicate_live, "",
          "ZwCreateEvent u1 " IN_P1
          "; RunIn process=p2; ZwDuplicateObject u1 -> u1 source=p1 attributes=0; "
          "ZwClose u1; ZwDuplicateObject u1 -> u2 source=p1 target=p1 attributes=0; RunIn "
          "process=p1; ZwClose u1; "
          "ZwClose u2; end"),
    KEEPS(duplicate_live, "",
          "ZwCreateEvent k2 @0; ZwClose @0; ZwCreateEvent k1; ZwDuplicateObject k1 target=System "
          "null:handle "
          "value:k2; ZwClose @0 !close-once; ZwClose k1; end"),
    KEEPS(
        duplicate_live, "any",
        "ZwCreateEvent k1; ZwDuplicateObject k1+1 target=System options=DUPLICATE_CLOSE_SOURCE " BAD
        " allows:STATUS_SUCCESS|STATUS_INVALID_HANDLE; ZwClose k1"),
    BREAKS(duplicate_live, "", "ZwCreateEvent k1; ZwDuplicateObject k1 target=System " BAD),
    BREAKS(duplicate_live, "strict",
           "ZwCreateEvent k1; ZwDuplicateObject k1 target=p2 attributes=0 =STATUS_ACCESS_DENIED"),
    BREAKS(handle_value_fresh, "", "ZwCreateEvent k1; ZwDuplicateObject k1 -> k1 target=System"),
    BREAKS(handle_value_fresh, "",
           "ZwCreateEvent k1; ZwDuplicateObject k1 target=System null:handle value:k1"),
    BREAKS(handle_value_half, "", "ZwCreateEvent k1; ZwDuplicateObject k1 -> u2 target=System"),
    BREAKS(handle_value_half, "", "ZwCreateEvent k1; ZwDuplicateObject k1 -> k2 attributes=0"),
    BREAKS(handle_value_form, "", "ZwCreateEvent k1; ZwDuplicateObject k1 -> fill target=System"),
    BREAKS(handle_value_form, "",
           "ZwCreateEvent k1; ZwDuplicateObject k1 target=System null:handle value:k2+1"),
    BREAKS(failed_outputs, "", "ZwDuplicateObject k9 -> k2 target=System " BAD " !use-real-handle"),
    KEEPS(duplicate_bad_source, "",
          "ZwCreateEvent k1; ZwDuplicateObject k1 source=NULL target=System "
          "options=DUPLICATE_CLOSE_SOURCE " BAD " allows:STATUS_INVALID_HANDLE; ZwClose k1"),
    KEEPS(duplicate_bad_source, "", "ZwDuplicateObject -1 target=System " BAD " !use-real-handle"),
    KEEPS(duplicate_bad_source, "",
          "ZwCreateEvent u1 " IN_P1 "; ZwDuplicateObject u1 source=p2 target=System " BAD
          " !use-real-handle"),
    KEEPS(duplicate_bad_source, "",
          "ZwCreateEvent k1; ExitProcess process=p2; ZwDuplicateObject k1 source=p2 target=System "
          "options=DUPLICATE_CLOSE_SOURCE " BAD
          " allows:STATUS_INVALID_HANDLE; StartProcess process=p2; "
          "ZwDuplicateObject k1 -> k2 source=p2 target=System options=DUPLICATE_CLOSE_SOURCE; "
          "ZwClose k2; end"),
    KEEPS(duplicate_bad_source, "",
          "ZwCreateEvent k1; ExitProcess process=p1; ZwDuplicateObject k1 target=System " BAD),
    BREAKS(duplicate_bad_source, "", "ZwDuplicateObject k9 -> k2 target=System !use-real-handle"),
    BREAKS(duplicate_bad_source, "",
           "ZwCreateEvent k1; ZwDuplicateObject k1 -> k2 source=NULL target=System"),
    BREAKS(duplicate_bad_source, "",
           "ZwCreateEvent k1; ExitProcess process=p2; ZwDuplicateObject k1 -> k2 source=p2 "
           "target=System"),
    KEEPS(duplicate_without_target, "",
          "ZwCreateEvent k1; ZwDuplicateObject k1 target=NULL options=DUPLICATE_CLOSE_SOURCE "
          "allows:STATUS_SUCCESS; "
          "ZwClose k1 " BAD " !close-once; end"),
    KEEPS(duplicate_without_target, "",
          "ZwCreateEvent k1; ZwDuplicateObject k1 target=NULL " BAD
          " allows:STATUS_INVALID_HANDLE; ZwClose k1"),
    KEEPS(duplicate_without_target, "",
          "ExitProcess process=p2; ZwCreateEvent k1; ZwDuplicateObject k1 target=p2 "
          "options=DUPLICATE_CLOSE_SOURCE " BAD "; ZwClose k1 " BAD " !close-once; end"),
    KEEPS(duplicate_without_target, "any",
          "ZwCreateEvent k1; ZwDuplicateObject k1+1 target=NULL options=DUPLICATE_CLOSE_SOURCE " BAD
          " allows:STATUS_SUCCESS|STATUS_INVALID_HANDLE; ZwClose k1; end"),
    BREAKS(
        duplicate_without_target, "",
        "ZwCreateEvent k1; ZwDuplicateObject k1 target=NULL options=DUPLICATE_CLOSE_SOURCE " BAD),
    BREAKS(duplicate_without_target, "", "ZwCreateEvent k1; ZwDuplicateObject k1 target=NULL"),
    BREAKS(duplicate_without_target, "",
           "ExitProcess process=p2; ZwCreateEvent k1; ZwDuplicateObject k1 -> u1 target=p2 "
           "attributes=0"),
    KEEPS(
        duplicate_kernel_attribute, "",
        "ZwCreateEvent k1; ZwDuplicateObject k1 =STATUS_INVALID_PARAMETER "
        "allows:STATUS_INVALID_PARAMETER; "
        "ZwDuplicateObject k1 target=p2 options=DUPLICATE_CLOSE_SOURCE =STATUS_INVALID_PARAMETER; "
        "ZwDuplicateObject k1 target=System " BAD " !use-before-close; end"),
    KEEPS(duplicate_kernel_attribute, "",
          "ZwCreateEvent k1; RunIn process=System; ZwDuplicateObject u1 -> k2; ZwDuplicateObject "
          "u1 -> k3 attributes=0"),
    BREAKS(duplicate_kernel_attribute, "", "ZwCreateEvent k1; ZwDuplicateObject k1 -> u1"),
    KEEPS(open_table_full, "geometry=small",
          TWELVE "ZwDuplicateObject k1 target=System options=DUPLICATE_CLOSE_SOURCE " FULL " " GONE(
              o1) "allows:STATUS_INSUFFICIENT_RESOURCES; ZwDuplicateObject k2 -> k1 target=System; "
                  "ZwDuplicateObject k2 target=System null:handle " FULL),
    BREAKS(open_table_full, "geometry=small", TWELVE "ZwDuplicateObject k2 -> k17 target=System"),
    KEEPS(close_flt_created, "duplicate_closer=flt",
          "FltCreateFile k1; ZwDuplicateObject k1 -> k2 target=System; FltClose k1; "
          "ZwDuplicateObject k2 -> k3 target=System; FltClose k2 allows:STATUS_SUCCESS; FltClose "
          "k3 " GONE(o1) "; end"),
    KEEPS(close_flt_created, "duplicate_closer=flt",
          "FltCreateFileEx k1; ObOpenObjectByPointer o1 k2; FltClose k2 allows:STATUS_SUCCESS"),
    BREAKS(close_flt_created, "duplicate_closer=flt",
           "FltCreateFile k1; ZwDuplicateObject k1 -> k2 target=System; FltClose k2 " BAD),
    KEEPS(close_only_flt_created, "",
          "FltCreateFile k1; ZwDuplicateObject k1 -> k2 target=System; FltClose k2 " BAD
          " !duplicate-closer allows:STATUS_INVALID_HANDLE"),
    KEEPS(close_only_flt_created, "duplicate_closer=flt",
          "ZwCreateFile k1; ZwDuplicateObject k1 -> k2 target=System; FltClose k2 " BAD
          " !duplicate-closer allows:STATUS_INVALID_HANDLE"),
    KEEPS(close_only_flt_created, "duplicate_closer=any",
          "FltCreateFile k1; ZwDuplicateObject k1 -> k2 target=System; FltClose k2 "
          "allows:STATUS_SUCCESS|STATUS_INVALID_HANDLE"),
    BREAKS(close_only_flt_created, "",
           "FltCreateFileEx k1; ObOpenObjectByPointer o1 k2; FltClose k2 !duplicate-closer"),
    KEEPS(
        close_forwards, "forwarding",
        "FltCreateFile k1; ZwDuplicateObject k1 -> k2 target=System; FltClose k2 !duplicate-closer "
        "allows:STATUS_SUCCESS"),
    KEEPS(close_any_type, "duplicate_closer=flt",
          "FltCreateFile k1; ZwDuplicateObject k1 -> k2 target=System; ZwClose k2 "
          "allows:STATUS_SUCCESS"),

    /* Opens of other kinds */
    KEEPS(open_existing, "", "FltCreateFileEx2 k1 null:object; FltClose k1 " GONE(o1) "; end"),
    BREAKS(open_existing, "", "FltCreateFileEx2 =STATUS_ACCESS_DENIED"),
    BREAKS(ex_returns_object, "", "FltCreateFileEx2 k1 object:fill"),
    BREAKS(open_iosb, "", "FltCreateFileEx2 k1 info:0"),
    KEEPS(open_volume, "",
          "FltOpenVolume k1 instance=i0 null:object info:fill allows:STATUS_SUCCESS; FltClose "
          "k1 " GONE(o1) "; end"),
    KEEPS(open_volume, "",
          "RunIn process=p2; FltOpenVolume k1 #0 instance=i0; FltClose k1 cleanup:o2; "
          "ObDereferenceObject #0 close:o2; end"),
    KEEPS(open_volume, "",
          "FltOpenVolume =STATUS_INVALID_PARAMETER allows:STATUS_INVALID_PARAMETER"),
    KEEPS(open_volume, "geometry=small", TWELVE "FltOpenVolume instance=i0 " FULL),
    BREAKS(open_volume, "", "FltOpenVolume k1"),
    BREAKS(open_volume, "", "FltOpenVolume instance=i0 =STATUS_INVALID_PARAMETER"),
    BREAKS(handle_value_half, "", "FltOpenVolume u1 instance=i0"),
    BREAKS(irp_create_first, "", "FltOpenVolume k1 instance=i0 silent"),
    BREAKS(open_new_object, "",
           "FltOpenVolume k1 instance=i0; FltOpenVolume k2 o1 instance=i0 silent"),
    KEEPS(create_event, "",
          "ZwCreateSection k1 allows:STATUS_SUCCESS; ZwOpenKey k2 allows:STATUS_SUCCESS"),
    BREAKS(create_event, "", "ZwCreateSection =STATUS_ACCESS_DENIED"),
    BREAKS(create_event, "", "ZwOpenKey =STATUS_OBJECT_NAME_NOT_FOUND"),
    KEEPS(open_by_pointer, "",
          "FltCreateFileEx k1; ObOpenObjectByPointer o1 k2 type=IoFileObjectType "
          "allows:STATUS_SUCCESS; FltClose k1; "
          "ZwClose k2 cleanup:o1; ObDereferenceObject o1 close:o1; end"),
    KEEPS(open_by_pointer, "",
          "ZwCreateEvent k1; ObReferenceObjectByHandle k1 o1; ZwClose k1; ObOpenObjectByPointer o1 "
          "k2 "
          "allows:STATUS_SUCCESS; ObDereferenceObject o1; ZwClose k2; end"),
    KEEPS(open_by_pointer, "geometry=small", TWELVE "ObOpenObjectByPointer o1 " FULL),
    BREAKS(open_by_pointer, "",
           "FltCreateFileEx k1; ObOpenObjectByPointer o1 =STATUS_ACCESS_DENIED"),
    BREAKS(open_by_pointer, "", "FltCreateFileEx k1; ObOpenObjectByPointer o1 =STATUS_FILE_CLOSED"),
    BREAKS(handle_value_fresh, "", "FltCreateFileEx k1; ObOpenObjectByPointer o1 k1"),
    BREAKS(failed_outputs, "geometry=small", TWELVE "ObOpenObjectByPointer o1 handle:k17 " FULL),
    KEEPS(reference_type, "",
          "FltCreateFileEx k1; FltClose k1 cleanup:o1; ObOpenObjectByPointer o1 "
          "type=ExEventObjectType "
          "=STATUS_OBJECT_TYPE_MISMATCH !reopen-before-cleanup allows:STATUS_OBJECT_TYPE_MISMATCH"),
    BREAKS(reference_type, "",
           "FltCreateFileEx k1; ObOpenObjectByPointer o1 k2 type=CmKeyObjectType"),
    KEEPS(
        open_by_pointer_after_cleanup, "",
        "FltCreateFileEx k1; FltClose k1 cleanup:o1; ObOpenObjectByPointer o1 =STATUS_FILE_CLOSED "
        "!reopen-before-cleanup allows:STATUS_FILE_CLOSED"),
    BREAKS(open_by_pointer_after_cleanup, "",
           "FltCreateFileEx k1; FltClose k1 cleanup:o1; ObOpenObjectByPointer o1 k2 "
           "!reopen-before-cleanup"),

    /* Uses */
    KEEPS(use_live_handle, "",
          "FltCreateFile k1; ZwReadFile k1 allows:STATUS_SUCCESS; ZwQueryInformationFile k1"),
    KEEPS(use_live_handle, "",
          "ZwOpenKey k1; ZwReadFile k1 =STATUS_OBJECT_TYPE_MISMATCH "
          "allows:STATUS_OBJECT_TYPE_MISMATCH"),
    KEEPS(use_live_handle, "any",
          "FltCreateFile k1; ZwReadFile k1+2 " BAD " allows:STATUS_SUCCESS|STATUS_INVALID_HANDLE"),
    BREAKS(use_live_handle, "", "FltCreateFile k1; ZwReadFile k1 =STATUS_OBJECT_TYPE_MISMATCH"),
    BREAKS(use_live_handle, "", "ZwCreateSection k1; ZwQueryInformationFile k1"),
    KEEPS(use_bad_handle, "",
          "ZwReadFile k9 " BAD " !use-real-handle allows:STATUS_INVALID_HANDLE"),
    BREAKS(use_bad_handle, "", "ZwReadFile k9 !use-real-handle"),
    BREAKS(use_bad_handle, "", "ZwQueryInformationFile -1 !use-real-handle"),
    KEEPS(use_open_file_object, "",
          "FltCreateFileEx k1; FltReadFile o1 allows:STATUS_SUCCESS; FltWriteFile o1; "
          "FltQueryInformationFile o1; "
          "FltClose k1 cleanup:o1; FltReadFile o1 =STATUS_FILE_CLOSED !file-object-open "
          "allows:STATUS_FILE_CLOSED"),
    BREAKS(use_open_file_object, "", "FltCreateFileEx k1; FltReadFile o1 =STATUS_FILE_CLOSED"),
    BREAKS(use_open_file_object, "",
           "FltCreateFileEx k1; FltClose k1 cleanup:o1; FltWriteFile o1 !file-object-open"),
    BREAKS(
        use_open_file_object, "",
        "FltCreateFileEx k1; FltClose k1 cleanup:o1; FltQueryInformationFile o1 !file-object-open"),
    BREAKS(call_is_quiet, "", "ExitProcess process=p2 =0x50"),
    BREAKS(call_is_quiet, "", "StartProcess process=p2 =0x50"),
    BREAKS(call_is_quiet, "", "KeEnterGuardedRegion =0x50"),
    BREAKS(call_is_quiet, "", "KeStackAttachProcess process=p2 =0x50"),
    KEEPS(verifier_irql_stops, "strict",
          "KeRaiseIrql irql=2; KeEnterCriticalRegion =0xC4:0:2 !thread-call-irql allows:0xC4"),

    /* Where a handle closes */
    KEEPS(irp_cleanup_in_closing_process, "",
          "FltCreateFile u1 " IN_P1 "; FltCreateFile u2 " IN_P1
          "; FltCreateFile k3; " PROTECT(u2) "RunIn process=p2; ExitProcess process=p1 "
                                             "cleanup:o1:p1 close:o1:p1 cleanup:o2:p1 close:o2:p1; "
                                             "FltClose k3 cleanup:o3:p2 close:o3; end"),
    BREAKS(irp_cleanup_in_closing_process, "",
           "FltCreateFile u1 " IN_P1
           "; RunIn process=p2; ExitProcess process=p1 cleanup:o1:p2 close:o1"),
    KEEPS(irp_cleanup_in_closing_process, "",
          "FltCreateFile k1; KeStackAttachProcess process=p2; FltClose k1 cleanup:o1:p2 close:o1 "
          "!no-files-while-attached"),
    BREAKS(irp_cleanup_in_closing_process, "",
           "FltCreateFile k1; KeStackAttachProcess process=p2; FltClose k1 cleanup:o1:p1 close:o1 "
           "!no-files-while-attached"),
    KEEPS(irp_cleanup_in_closing_process, "",
          "FltCreateFile k1; ZwDuplicateObject k1 source=p2 target=NULL "
          "options=DUPLICATE_CLOSE_SOURCE "
          "cleanup:o1:p2 close:o1:p2; end"),
    BREAKS(irp_cleanup_in_closing_process, "",
           "FltCreateFile k1; ZwDuplicateObject k1 source=p2 target=NULL "
           "options=DUPLICATE_CLOSE_SOURCE "
           "cleanup:o1:p1 close:o1"),
    KEEPS(irp_cleanup_in_closing_process, "",
          "FltCreateFile k1; ZwCreateEvent k2 { FltClose k1, irps cleanup:o1 close:o1 }"),
    BREAKS(irp_cleanup_in_closing_process, "",
           "FltCreateFile k1; ZwCreateEvent k2 { FltClose k1, irps cleanup:o1:p2 }"),
    KEEPS(irp_cleanup_in_closing_process, "",
          "FltCreateFile k1; FltClose k1 " GONE(o1) "{ RunIn process=p2 }; end"),
    BREAKS(irp_cleanup_at_last_handle, "",
           "FltCreateFile k1; ZwDuplicateObject k1 -> k2 target=System; FltClose k1 cleanup:o1"),
    BREAKS(irp_cleanup_at_last_handle, "", "FltCreateFile u1 " IN_P1 "; ExitProcess process=p1"),
    BREAKS(irp_cleanup_at_last_handle, "",
           "FltCreateFile k1; " PROTECT(
               k1) "ZwDuplicateObject k1 target=NULL options=DUPLICATE_CLOSE_SOURCE cleanup:o1"),
    BREAKS(irp_cleanup_at_last_handle, "",
           "FltCreateFile k1; ZwDuplicateObject k1 =STATUS_INVALID_PARAMETER "
           "options=DUPLICATE_CLOSE_SOURCE"),
    BREAKS(irp_for_known_object, "", "FltCreateFileEx k1; ObOpenObjectByPointer o1 k2 create:o9"),
    KEEPS(handle_value_fresh, "",
          "ZwCreateEvent u1 " IN_P1
          "; ExitProcess process=p1; StartProcess process=p1; ZwCreateEvent u1 " IN_P1),
    BREAKS(handle_value_fresh, "reuse=never",
           "ZwCreateEvent u1 " IN_P1
           "; ExitProcess process=p1; StartProcess process=p1; ZwCreateEvent u1 " IN_P1),
    KEEPS(close_bad_handle, "",
          "ZwCreateEvent u1 " IN_P1 "; ExitProcess process=p1; ZwClose u1 " BAD
          " !close-once allows:STATUS_INVALID_HANDLE"),
    KEEPS(close_any_type, "",
          "ZwCreateEvent k1; ExitProcess process=System; ZwClose k1 allows:STATUS_SUCCESS"),
    KEEPS(close_any_type, "",
          "ExitProcess process=p1; ZwCreateEvent u1 " IN_P1
          "; StartProcess process=p1; ZwClose u1 allows:STATUS_SUCCESS"),

    /* Calls within calls */
    KEEPS(open_existing, "",
          "FltCreateFile k1 { FltCreateFileEx k2, FltCreateFile k3 }; FltClose k3 " GONE(
              o3) "; FltClose k1 " GONE(o1)),
    KEEPS(close_flt_created, "",
          "FltCreateFile k1; FltClose k1 " GONE(o1) "{ FltCreateFile k2 o1 }; FltClose k2 " GONE(
              o1) "; end"),
    KEEPS(reference_live, "",
          "FltCreateFileEx k1 #0; FltCreateFile k2; ObDereferenceObject #0 { "
          "ObReferenceObjectByHandle k2 o2 #0 }; "
          "ObDereferenceObject #0; FltClose k1 " GONE(o1) "; FltClose k2 " GONE(o2) "; end"),
    KEEPS(call_is_quiet, "",
          "FltCreateFileEx k1 #0; ObDereferenceObject #0 { ObDereferenceObject #0 }"),
    KEEPS(call_is_quiet, "",
          "FltCreateFileEx k1 #0; FltClose k1 cleanup:o1; ObDereferenceObject #0 { "
          "ObDereferenceObject #0 close:o1 }"),
    KEEPS(call_is_quiet, "",
          TWO_DEEP TWO_DEEP TWO_DEEP
          "KeStackAttachProcess process=p1; KeStackAttachProcess process=p1 "
          "{ KeStackAttachProcess process=p2 }; KeUnstackDetachProcess { KeUnstackDetachProcess }"),
    KEEPS(call_is_quiet, "",
          "KeEnterGuardedRegion; KeLeaveGuardedRegion { KeLeaveGuardedRegion }; end"),
    KEEPS(call_is_quiet, "",
          "FltCreateFileEx k1 #0; FltClose k1 cleanup:o1; ObReferenceObject #0 { "
          "ObDereferenceObject #0 close:o1 }; end"),
    BREAKS(irp_create_first, "",
           "FltCreateFile k1 { FltCreateFileEx k2 silent, FltClose k2 cleanup:o2, "
           "ObDereferenceObject o2 close:o2 }"),
    KEEPS(close_flt_created, "",
          "FltCreateFile k1; FltClose k1 " GONE(
              o1) "{ FltCreateFileEx k2 o1 }; ObDereferenceObject o1; "
                  "FltClose k2 " GONE(o1) "; end"),
    KEEPS(irp_create_first, "",
          "FltCreateFile k1 silent { FltCreateFile k2 create:o1 }; FltClose k1 " GONE(
              o1) "; FltClose k2 " GONE(o2) "; end"),
    KEEPS(close_flt_created, "",
          "FltCreateFile k1; FltClose k1 " GONE(o1) "{ FltCreateFile k1 }; FltClose k1 " GONE(
              o3) "; end"),
    KEEPS(close_flt_created, "any",
          "FltCreateFile k1; FltClose k1+1 " GONE(o1) "{ ZwCreateEvent k1 }; ZwClose k1; end"),
    KEEPS(close_bad_handle, "",
          "FltCreateFile k1 @0; FltClose @0 " GONE(o1) "{ FltClose @0 " BAD " !close-once }; end"),
    BREAKS(close_bad_handle, "",
           "FltCreateFile k1 @0; FltClose @0 " GONE(o1) "{ FltClose @0 !close-once }"),
    KEEPS(irp_for_known_object, "",
          "FltCreateFileEx k1 #0; FltClose k1 cleanup:o1; ObDereferenceObject #0 close:o1 "
          "{ FltCreateFileEx k2 o1 #1 }; ObDereferenceObject #1; FltClose k2 " GONE(o1) "; end"),
    KEEPS(open_new_object, "",
          "FltCreateFile k1; FltClose k1 " GONE(o1) "{ ZwCreateEvent k2 o1 }; ZwClose k2; end"),
    KEEPS(reference_same_object, "",
          "FltCreateFile k1; FltClose k1 " GONE(
              o1) "{ ZwCreateEvent k2 row:none, "
                  "ObReferenceObjectByHandle k2 o1 }; ZwClose k2; ObDereferenceObject o1; end"),
    BREAKS(irp_cleanup_at_last_handle, "", "FltCreateFileEx k1; ObDereferenceObject o1 cleanup:o1"),
    KEEPS(irp_cleanup_at_last_handle, "",
          "FltCreateFile k1; FltCreateFile k2; FltClose k1 { FltClose k2 " GONE(o2) ", irps " GONE(
              o1) "}; end"),
    BREAKS(irp_cleanup_at_last_handle, "",
           "ZwCreateFile k1; FltClose k1 cleanup:o1 " BAD " !flt-close-for-flt-handles"),
    BREAKS(close_bad_handle, "",
           "FltCreateFile k1; FltClose k1 { FltClose k1 cleanup:o1 close:o1 }"),
    KEEPS(irp_close_at_last_reference, "", /* it is the outer call's, and the inner drops its own */
          "FltCreateFileEx k1; FltCreateFileEx k2; FltClose k1 cleanup:o1; "
          "ObDereferenceObject o1 { ObDereferenceObject o2 close:o1 }; FltClose k2 " GONE(o2)),
    KEEPS(irp_cleanup_at_last_handle, "", /* it is the outer call's, and its handle is closed */
          "FltCreateFile k1 o1; ZwDuplicateObject k1 -> k3 target=System; FltCreateFile k2 o2 @0; "
          "FltClose @0 { FltClose k1 cleanup:o2 close:o2, FltClose @0 " BAD " !close-once }"),
    /* Filters and instances */
    KEEPS(register_filter, "", "FltRegisterFilter filter=f1 allows:STATUS_SUCCESS"),
    KEEPS(register_filter, "any",
          "FltRegisterFilter filter=f0 =STATUS_OBJECT_NAME_COLLISION "
          "allows:STATUS_OBJECT_NAME_COLLISION"),
    KEEPS(register_filter, "", "FltUnregisterFilter filter=f0; FltRegisterFilter filter=f0"),
    BREAKS(register_filter, "", "FltRegisterFilter filter=f0"),
    BREAKS(register_filter, "", "FltRegisterFilter filter=f1 =STATUS_OBJECT_NAME_COLLISION"),
    BREAKS(register_filter, "", "FltRegisterFilter filter=f1 filter:f0"),
    BREAKS(register_filter, "", "FltRegisterFilter filter=f1; FltRegisterFilter filter=f1"),
    KEEPS(start_filtering, "",
          "FltRegisterFilter filter=f1; FltStartFiltering filter=f1 allows:STATUS_SUCCESS; "
          "FltStartFiltering filter=f1 =STATUS_INVALID_PARAMETER allows:STATUS_INVALID_PARAMETER"),
    BREAKS(start_filtering, "", "FltStartFiltering filter=f0"),
    BREAKS(start_filtering, "",
           "FltRegisterFilter filter=f1; FltStartFiltering filter=f1 =STATUS_INVALID_PARAMETER"),
    KEEPS(open_volume, "",
          "AttachInstance instance=i2 filter=f0; FltOpenVolume instance=i2 "
          "=STATUS_INVALID_PARAMETER"),
    KEEPS(open_volume, "",
          "AttachInstance instance=i2 filter=f0; TeardownStart instance=i2; "
          "FltOpenVolume instance=i2 =STATUS_INVALID_PARAMETER"),
    BREAKS(open_volume, "", "AttachInstance instance=i2 filter=f0; FltOpenVolume k1 instance=i2"),
    KEEPS(open_deleting_volume, "any",
          "TeardownStart instance=i0; FltOpenVolume instance=i0 " DELETING
          " allows:STATUS_FLT_DELETING_OBJECT"),
    BREAKS(open_deleting_volume, "", "TeardownStart instance=i0; FltOpenVolume k1 instance=i0"),
    BREAKS(open_deleting_volume, "deleting=allowed",
           "TeardownStart instance=i0; FltOpenVolume k1 instance=i0"),
    KEEPS(open_deleting, "", "TeardownStart instance=i0; FltCreateFile instance=i0 " DELETING),
    KEEPS(open_deleting, "",
          "TeardownStart instance=i0; FltCreateFile instance=i0 path=\\missing " DELETING),
    KEEPS(open_deleting, "", "UnloadFilter filter=f0; FltCreateFileEx " DELETING),
    KEEPS(open_deleting, "", "UnloadFilter filter=f0; FltCreateFileEx2 " DELETING),
    KEEPS(open_deleting, "", "UnloadFilter filter=f0; FltOpenVolume instance=i0 " DELETING),
    KEEPS(open_deleting, "any",
          "UnloadFilter filter=f0; FltCreateFile k1 "
          "allows:STATUS_SUCCESS|STATUS_FLT_DELETING_OBJECT"),
    KEEPS(open_deleting, "deleting=allowed",
          "UnloadFilter filter=f0; FltCreateFile k1 allows:STATUS_SUCCESS"),
    KEEPS(open_deleting, "",
          "UnloadFilter filter=f0; UnloadComplete filter=f0 answer=STATUS_FLT_DO_NOT_DETACH; "
          "FltCreateFile k1 allows:STATUS_SUCCESS"),
    KEEPS(open_deleting, "",
          "FltRegisterFilter filter=f1; UnloadFilter filter=f0; FltCreateFile k1 filter=f1 "
          "allows:STATUS_SUCCESS; ZwCreateFile k2 allows:STATUS_SUCCESS"),
    BREAKS(open_deleting, "", "TeardownStart instance=i0; FltCreateFile k1 instance=i0"),
    BREAKS(open_deleting, "", "UnloadFilter filter=f0; FltCreateFile k1"),
    BREAKS(open_deleting, "",
           "UnloadFilter filter=f0 unload=mandatory; FltOpenVolume k1 instance=i0"),
    BREAKS(open_existing, "deleting=allowed", "UnloadFilter filter=f0; FltCreateFile " DELETING),
    BREAKS(open_existing, "", "FltCreateFile " DELETING),

    /* Calls that are told to fail */
    KEEPS(injected_failure, "",
          "FltCreateFile fail=STATUS_ACCESS_DENIED =STATUS_ACCESS_DENIED "
          "allows:STATUS_ACCESS_DENIED"),
    KEEPS(injected_failure, "",
          "FltCreateFile k1 fail=STATUS_ACCESS_DENIED fail_step=9 "
          "allows:STATUS_SUCCESS|STATUS_ACCESS_DENIED"),
    KEEPS(injected_failure, "",
          "FltCreateFile k1 fail_step=2 allows:STATUS_SUCCESS|STATUS_INSUFFICIENT_RESOURCES"),
    KEEPS(injected_failure, "",
          "FltCreateFile path=\\missing fail=STATUS_ACCESS_DENIED =STATUS_OBJECT_NAME_NOT_FOUND "
          "allows:STATUS_OBJECT_NAME_NOT_FOUND"),
    KEEPS(injected_failure, "any",
          "FltCreateFile k1; FltClose k1+1 fail=STATUS_INSUFFICIENT_RESOURCES "
          "=STATUS_INSUFFICIENT_RESOURCES "
          "allows:STATUS_INSUFFICIENT_RESOURCES|STATUS_INVALID_HANDLE|0x93; FltClose k1 " GONE(o1)),
    KEEPS(injected_failure, "",
          "FltCreateFile k1; FltClose k1 fail=STATUS_INVALID_HANDLE =STATUS_INVALID_HANDLE "
          "allows:STATUS_INVALID_HANDLE; FltClose k1 " GONE(o1)),
    KEEPS(injected_failure, "",
          "FltRegisterFilter filter=f1 fail_step=1 =STATUS_INSUFFICIENT_RESOURCES; "
          "FltRegisterFilter filter=f1 allows:STATUS_SUCCESS"),
    KEEPS(injected_failure, "verifier=on",
          "KeRaiseIrql irql=2; FltClose k1 fail=STATUS_INVALID_HANDLE =0xC4:0:2 !flt-at-passive "
          "!close-real-handle allows:0xC4"),
    BREAKS(injected_failure, "", "FltCreateFile k1 fail=STATUS_ACCESS_DENIED"),
    BREAKS(injected_failure, "",
           "FltCreateFile fail=STATUS_ACCESS_DENIED =STATUS_INSUFFICIENT_RESOURCES"),
    BREAKS(injected_failure, "",
           "FltCreateFile k1; FltClose k1 fail=STATUS_INVALID_HANDLE " GONE(o1)),
    BREAKS(open_existing, "", "FltCreateFile k1 fail_step=2 =STATUS_ACCESS_DENIED"),
    KEEPS(failed_open_undone, "",
          "FltCreateFile fail_step=4 " FULL " create:o1 cleanup:o1 close:o1; FltCreateFile k1"),
    KEEPS(failed_open_undone, "",
          "FltOpenVolume instance=i0 fail_step=4 " FULL " create:o1 cleanup:o1 close:o1"),
    KEEPS(failed_open_undone, "", "ZwCreateFile fail_step=3 " FULL),
    BREAKS(failed_open_undone, "", "FltCreateFile fail_step=4 " FULL " create:o1"),
    BREAKS(failed_open_undone, "", "FltCreateFile fail_step=4 " FULL " create:o1 cleanup:o1"),
    BREAKS(irp_cleanup_in_closing_process, "",
           "FltCreateFile fail_step=4 " FULL " create:o1 cleanup:o1:System close:o1"),
    BREAKS(irp_for_known_object, "",
           "FltCreateFile fail=STATUS_ACCESS_DENIED =STATUS_ACCESS_DENIED create:o1 cleanup:o1 "
           "close:o1"),

    /* Filters and instances */
    KEEPS(register_filter, "",
          "FltRegisterFilter filter=f1 allows:STATUS_SUCCESS; "
          "FltRegisterFilter filter=f1 " TAKEN " allows:STATUS_OBJECT_NAME_COLLISION"),
    KEEPS(register_filter, "any", "FltRegisterFilter " TAKEN " filter:NULL"),
    KEEPS(register_filter, "",
          "UnloadFilter; FltUnregisterFilter; FltRegisterFilter; FltRegisterFilter " TAKEN),
    BREAKS(register_filter, "any", "FltRegisterFilter filter=f1 =STATUS_INVALID_PARAMETER"),
    BREAKS(register_filter, "", "FltRegisterFilter filter=f1 filter:NULL"),
    BREAKS(register_filter, "", "FltRegisterFilter filter=f1 filter:3"),
    BREAKS(register_filter, "", "FltUnregisterFilter; FltRegisterFilter " TAKEN),
    KEEPS(start_filtering, "any",
          "FltUnregisterFilter; FltRegisterFilter; FltStartFiltering; FltStartFiltering "
          "=STATUS_INVALID_PARAMETER"),
    BREAKS(start_filtering, "any", "FltStartFiltering"),
    KEEPS(open_volume, "", "AttachInstance instance=i1; FltOpenVolume k1 instance=i1"),
    KEEPS(open_volume, "any",
          "AttachInstance instance=i2; FltOpenVolume instance=i2 =STATUS_INVALID_PARAMETER "
          "allows:STATUS_INVALID_PARAMETER; TeardownStart instance=i2; "
          "FltOpenVolume instance=i2 =STATUS_INVALID_PARAMETER allows:STATUS_INVALID_PARAMETER"),
    BREAKS(open_volume, "deleting=allowed", "UnloadFilter; FltOpenVolume instance=i0 " DELETING),
    KEEPS(
        open_deleting_volume, "deleting=allowed",
        "UnloadFilter; FltOpenVolume k1 instance=i0 allows:STATUS_SUCCESS; FltClose k1 cleanup:o2; "
        "TeardownStart instance=i0; FltOpenVolume instance=i0 " DELETING),
    BREAKS(open_deleting_volume, "any",
           "TeardownStart instance=i0; FltOpenVolume instance=i0 =STATUS_INVALID_PARAMETER"),
    KEEPS(open_deleting, "",
          "UnloadFilter; FltCreateFile " DELETING " allows:STATUS_FLT_DELETING_OBJECT; "
          "FltCreateFileEx path= " DELETING "; FltCreateFileEx2 path=\\missing " DELETING "; "
          "FltOpenVolume instance=i0 " DELETING "; ZwCreateFile k1"),
    KEEPS(open_deleting, "geometry=small",
          TWELVE "UnloadFilter; FltCreateFile " DELETING " allows:STATUS_FLT_DELETING_OBJECT"),
    KEEPS(open_deleting, "any",
          "TeardownStart instance=i0; FltCreateFile instance=i0 " DELETING
          " allows:STATUS_FLT_DELETING_OBJECT|STATUS_SUCCESS; FltCreateFile k1 instance=i0; "
          "FltCreateFile path= instance=i0 " DELETING
          " allows:STATUS_FLT_DELETING_OBJECT|STATUS_OBJECT_PATH_SYNTAX_BAD"),
    KEEPS(open_deleting, "any",
          "UnloadFilter; FltOpenVolume k1 instance=i0 "
          "allows:STATUS_FLT_DELETING_OBJECT|STATUS_SUCCESS"),
    KEEPS(open_deleting, "deleting=allowed",
          "UnloadFilter; TeardownStart instance=i0; FltCreateFile k1 instance=i0 "
          "allows:STATUS_SUCCESS"),
    KEEPS(open_deleting, "",
          "TeardownStart instance=i0; FltCreateFile k1 allows:STATUS_SUCCESS; "
          "AttachInstance instance=i1; FltCreateFile k2 instance=i1 allows:STATUS_SUCCESS"),
    KEEPS(open_deleting, "",
          F1 "UnloadFilter filter=f1 unload=mandatory; FltCreateFile k1; "
             "FltCreateFile filter=f1 " DELETING),
    KEEPS(open_deleting, "",
          "UnloadFilter filter=f1; FltRegisterFilter filter=f1; FltCreateFile k1 filter=f1"),
    KEEPS(open_deleting, "",
          "UnloadFilter; FltUnregisterFilter; FltRegisterFilter; FltCreateFile " DELETING "; "
          "UnloadComplete answer=STATUS_FLT_DO_NOT_DETACH; FltCreateFile k1"),
    BREAKS(open_deleting, "", "UnloadFilter; FltCreateFileEx k1"),
    BREAKS(open_deleting, "", "UnloadFilter unload=mandatory; FltCreateFileEx2 k1"),
    BREAKS(open_deleting, "", "UnloadFilter; FltOpenVolume k1 instance=i0"),
    BREAKS(open_deleting, "strict",
           "UnloadFilter; FltCreateFile path= =STATUS_OBJECT_PATH_SYNTAX_BAD"),
    BREAKS(open_deleting, "", "UnloadFilter; UnloadFilter unload=mandatory; FltCreateFile k1"),
    BREAKS(open_existing, "", "FltCreateFile instance=i0 " DELETING),
    BREAKS(open_existing, "any", "UnloadFilter; FltCreateFile =STATUS_ACCESS_DENIED"),

    /* Failures that are asked for */
    KEEPS(injected_failure, "",
          "FltCreateFile fail=STATUS_ACCESS_DENIED " DENIED " allows:STATUS_ACCESS_DENIED; "
          "ZwCreateEvent fail=STATUS_QUOTA_EXCEEDED =STATUS_QUOTA_EXCEEDED "
          "allows:STATUS_QUOTA_EXCEEDED; end"),
    KEEPS(injected_failure, "",
          "FltCreateFile fail_step=1 " FULL " allows:STATUS_SUCCESS|STATUS_INSUFFICIENT_RESOURCES; "
          "FltCreateFile k1 fail=STATUS_ACCESS_DENIED fail_step=8 "
          "allows:STATUS_SUCCESS|STATUS_ACCESS_DENIED"),
    KEEPS(injected_failure, "",
          "FltCreateFile path=\\missing fail=STATUS_ACCESS_DENIED =STATUS_OBJECT_NAME_NOT_FOUND "
          "allows:STATUS_OBJECT_NAME_NOT_FOUND; "
          "FltCreateFile path= fail_step=1 =STATUS_OBJECT_PATH_SYNTAX_BAD "
          "allows:STATUS_OBJECT_PATH_SYNTAX_BAD; UnloadFilter; FltCreateFile "
          "fail=STATUS_ACCESS_DENIED " DELETING " allows:STATUS_FLT_DELETING_OBJECT"),
    KEEPS(injected_failure, "any",
          "UnloadFilter; FltCreateFile fail=STATUS_ACCESS_DENIED " DENIED
          " allows:STATUS_ACCESS_DENIED|STATUS_FLT_DELETING_OBJECT; FltCreateFile k1 fail_step=2 "
          "allows:STATUS_SUCCESS|STATUS_INSUFFICIENT_RESOURCES|STATUS_FLT_DELETING_OBJECT"),
    KEEPS(injected_failure, "geometry=any",
          TWELVE "FltCreateFile fail=STATUS_ACCESS_DENIED " DENIED
                 " allows:STATUS_ACCESS_DENIED|STATUS_INSUFFICIENT_RESOURCES; FltCreateFile "
                 "fail=STATUS_INSUFFICIENT_RESOURCES " FULL
                 " allows:STATUS_INSUFFICIENT_RESOURCES"),
    KEEPS(injected_failure, "any",
          TWELVE "UnloadFilter; KeRaiseIrql irql=1; FltCreateFile k17 fail=STATUS_ACCESS_DENIED "
                 "fail_step=1 !flt-at-passive "
                 "allows:STATUS_SUCCESS|STATUS_ACCESS_DENIED|STATUS_INSUFFICIENT_RESOURCES|"
                 "STATUS_FLT_DELETING_OBJECT|0xC4"),
    KEEPS(injected_failure, "any",
          "FltCreateFile k1; KeRaiseIrql irql=1; FltClose k1+1 fail=STATUS_INSUFFICIENT_RESOURCES "
          "fail_step=1 " FULL
          " !flt-at-passive allows:STATUS_SUCCESS|STATUS_INSUFFICIENT_RESOURCES|"
          "STATUS_INVALID_HANDLE|0x93|0xC4"),
    KEEPS(injected_failure, "verifier=on",
          "KeRaiseIrql irql=1; FltCreateFile fail=STATUS_ACCESS_DENIED =0xC4:0:1 !flt-at-passive "
          "allows:0xC4"),
    KEEPS(
        injected_failure, "strict",
        "ZwClose k9 fail=STATUS_INSUFFICIENT_RESOURCES =0x93:k9:1 !close-real-handle allows:0x93"),
    KEEPS(injected_failure, "",
          "ZwClose k9 fail=STATUS_INSUFFICIENT_RESOURCES " BAD
          " !close-real-handle allows:STATUS_INVALID_HANDLE"),
    KEEPS(injected_failure, "",
          "FltCreateFile k1 @0; FltClose @0 fail=STATUS_INVALID_HANDLE " BAD
          " allows:STATUS_INVALID_HANDLE; ZwClose @0 fail=STATUS_INSUFFICIENT_RESOURCES "
          "fail_step=1 " FULL " !zw-close-for-other-handles; FltClose @0 " GONE(o1) "; end"),
    KEEPS(injected_failure, "",
          "ZwCreateEvent k1; NtClose k1 fail=STATUS_INSUFFICIENT_RESOURCES fail_step=1 " FULL
          "; ObCloseHandle k1 "
          "fail=STATUS_INSUFFICIENT_RESOURCES " FULL "; NtClose k1 fail_step=2; end"),
    KEEPS(injected_failure, "",
          "ZwCreateEvent k1; " PROTECT(k1) "ZwClose k1 fail=STATUS_INVALID_HANDLE " STUCK
                                           " !close-unprotected allows:STATUS_HANDLE_NOT_CLOSABLE"),
    KEEPS(injected_failure, "forwarding",
          "ZwClose -1 fail=STATUS_INSUFFICIENT_RESOURCES " FULL
          " !close-real-handle allows:STATUS_INSUFFICIENT_RESOURCES"),
    KEEPS(injected_failure, "any",
          "ZwClose -1 fail=STATUS_INSUFFICIENT_RESOURCES " FULL
          " !close-real-handle allows:STATUS_INSUFFICIENT_RESOURCES|STATUS_INVALID_HANDLE"),
    KEEPS(
        injected_failure, "",
        "FltCreateFile k1; ObReferenceObjectByHandle k1 #0 fail=STATUS_INSUFFICIENT_RESOURCES " FULL
        "; ObDereferenceObject #0 =withheld !output-used-after-failure !object-live; "
        "ObReferenceObjectByHandle k1 mode=UserMode fail=STATUS_INSUFFICIENT_RESOURCES " BAD
        " allows:STATUS_INVALID_HANDLE; FltClose k1 " GONE(o1) "; end"),
    KEEPS(injected_failure, "",
          "FltCreateFileEx @0 #0 fail=STATUS_SHARING_VIOLATION =STATUS_SHARING_VIOLATION; "
          "FltClose @0 " BAD " !output-used-after-failure; FltReadFile #0 =withheld "
          "!output-used-after-failure !object-live; end"),
    KEEPS(injected_failure, "failed_outputs=zero failed_iosb=written",
          "FltCreateFileEx fail=STATUS_ACCESS_DENIED " DENIED
          " handle:0 object:NULL iosb:0xC0000022 info:0"),
    KEEPS(injected_failure, "",
          "FltRegisterFilter filter=f1 fail=STATUS_FLT_NOT_INITIALIZED =STATUS_FLT_NOT_INITIALIZED "
          "filter:3; FltStartFiltering filter=f1 =withheld !filter-live; FltRegisterFilter "
          "filter=f1 fail_step=1 " FULL "; FltRegisterFilter filter=f1 fail_step=2; "
          "FltStartFiltering filter=f1 fail=STATUS_INSUFFICIENT_RESOURCES fail_step=1 " FULL
          "; FltStartFiltering filter=f1; "
          "FltRegisterFilter filter=f1 fail=STATUS_FLT_NOT_INITIALIZED " TAKEN),
    KEEPS(injected_failure, "",
          "FltCreateFileEx k1; FltReadFile o1 fail=STATUS_ACCESS_DENIED " DENIED
          "; FltWriteFile o1 fail_step=1 " FULL "; FltQueryInformationFile o1 fail_step=2; "
          "ZwReadFile k1 fail=STATUS_ACCESS_DENIED " DENIED "; ZwQueryInformationFile k1 "
          "fail=STATUS_ACCESS_DENIED " DENIED "; ObOpenObjectByPointer o1 "
          "fail=STATUS_QUOTA_EXCEEDED =STATUS_QUOTA_EXCEEDED; ObOpenObjectByPointer o1 "
          "type=ExEventObjectType fail=STATUS_QUOTA_EXCEEDED =STATUS_OBJECT_TYPE_MISMATCH"),
    KEEPS(injected_failure, "",
          "ZwCreateEvent k1; ZwSetInformationObject k1 "
          "handle_flags=HANDLE_FLAG_PROTECT_FROM_CLOSE fail=STATUS_INSUFFICIENT_RESOURCES " FULL
          "; ZwClose k1"),
    KEEPS(injected_failure, "",
          "FltCreateFile k1; ZwDuplicateObject k1 target=System "
          "fail=STATUS_ACCESS_DENIED " DENIED "; ZwDuplicateObject k1 target=System "
          "options=DUPLICATE_CLOSE_SOURCE fail=STATUS_ACCESS_DENIED " DENIED
          " " GONE(o1) "; FltClose k1 " BAD " !close-once; end"),
    KEEPS(injected_failure, "",
          "ZwCreateEvent k1; ZwDuplicateObject k1 target=NULL options=DUPLICATE_CLOSE_SOURCE "
          "fail=STATUS_ACCESS_DENIED " DENIED " allows:STATUS_ACCESS_DENIED; ZwClose k1 " BAD
          " !close-once"),
    KEEPS(injected_failure, "",
          "ZwCreateEvent k1; " PROTECT(k1) "ZwDuplicateObject k1 target=System "
                                           "options=DUPLICATE_CLOSE_SOURCE fail_step=2 " FULL
                                           "; ZwSetInformationObject k1; "
                                           "ZwClose k1; end"),
    BREAKS(injected_failure, "any", "FltCreateFile k1 fail=STATUS_ACCESS_DENIED"),
    BREAKS(injected_failure, "any", "UnloadFilter; FltCreateFile k1 fail=STATUS_ACCESS_DENIED"),
    BREAKS(injected_failure, "",
           "FltCreateFile fail=STATUS_ACCESS_DENIED =STATUS_SHARING_VIOLATION"),
    BREAKS(injected_failure, "", "ZwCreateEvent k1; ZwClose k1 fail=STATUS_INVALID_HANDLE"),
    BREAKS(injected_failure, "", "FltCreateFile k1; FltClose k1 fail=STATUS_INVALID_HANDLE " FULL),
    BREAKS(injected_failure, "any",
           "ZwClose -1 fail=STATUS_INSUFFICIENT_RESOURCES !close-real-handle"),
    BREAKS(injected_failure, "", "FltRegisterFilter filter=f1 fail=STATUS_FLT_NOT_INITIALIZED"),
    BREAKS(injected_failure, "",
           "FltCreateFileEx k1; FltReadFile o1 fail=STATUS_INSUFFICIENT_RESOURCES"),
    BREAKS(open_existing, "", "FltCreateFile fail_step=1 " DENIED),
    BREAKS(open_existing, "", "FltCreateFile fail=STATUS_ACCESS_DENIED fail_step=3 " FULL),
    BREAKS(open_missing, "", "FltCreateFile path=\\missing fail=STATUS_ACCESS_DENIED " DENIED),
    BREAKS(close_bad_handle, "",
           "ZwClose k9 fail=STATUS_INSUFFICIENT_RESOURCES fail_step=1 " FULL " !close-real-handle"),
    BREAKS(failed_outputs, "", "FltCreateFile fail=STATUS_ACCESS_DENIED " DENIED " handle:k1"),
    BREAKS(open_failed_iosb, "",
           "FltCreateFile fail=STATUS_ACCESS_DENIED " DENIED " iosb:0xC0000022 info:0"),
    BREAKS(irp_cleanup_at_last_handle, "",
           "FltCreateFile k1; FltClose k1 fail=STATUS_INSUFFICIENT_RESOURCES fail_step=1 " FULL
           " cleanup:o1"),

    /* Opens that are undone */
    KEEPS(failed_open_undone, "",
          "FltCreateFile fail_step=4 " FULL
          " " UNDONE(o1) "; FltCreateFileEx fail_step=4 " FULL " " UNDONE(
              o1) "; FltCreateFileEx2 fail_step=4 " FULL
                  " " UNDONE(o1) "; ZwCreateFile fail_step=4 " FULL " " UNDONE(
                      o1) "; FltOpenVolume instance=i0 fail_step=4 " FULL
                          " " UNDONE(o1) "; FltCreateFileEx k1 o1; FltClose k1 cleanup:o1; "
                                         "ObDereferenceObject o1 close:o1; end"),
    KEEPS(failed_open_undone, "",
          "FltCreateFile fail_step=1 " FULL "; FltCreateFile k1; FltCreateFile "
          "fail=STATUS_SHARING_VIOLATION fail_step=4 =STATUS_SHARING_VIOLATION " UNDONE(
              o9) "; FltClose k1 " GONE(o2) "; end"),
    KEEPS(failed_open_undone, "",
          "KeStackAttachProcess process=p2; ZwCreateFile fail_step=4 " FULL
          " " UNDONE(o1) "!no-files-while-attached"),
    KEEPS(failed_open_undone, "",
          "FltCreateFile k1 { FltCreateFile fail_step=4 " FULL
          " " UNDONE(o9) "}; FltClose k1 " GONE(o1) "; end"),
    KEEPS(failed_open_undone, "",
          "FltCreateFile fail_step=4 " FULL " " UNDONE(o9) "{ FltCreateFile k1 o9 }; "
                                                           "FltClose k1 " GONE(o9) "; end"),
    KEEPS(failed_open_undone, "failed_outputs=pattern",
          "FltCreateFileEx fail_step=4 " FULL " " UNDONE(o1) "object:o1"),
    BREAKS(failed_open_undone, "", "FltOpenVolume instance=i0 fail_step=4 " FULL " create:o1"),
    BREAKS(failed_open_undone, "any", "ZwCreateFile fail_step=3 " FULL " create:o1 cleanup:o1"),
    BREAKS(irp_for_known_object, "", "FltCreateFile k1 fail_step=8 " UNDONE(o9)),
    BREAKS(irp_for_known_object, "",
           "FltCreateFile fail_step=4 " FULL " " UNDONE(o1) "; irps close:o1"),
    BREAKS(irp_close_after_cleanup, "", "FltCreateFile fail_step=4 " FULL " create:o1 close:o1"),
    BREAKS(irp_cleanup_once, "",
           "FltCreateFile fail_step=4 " FULL " create:o1 cleanup:o1 " GONE(o1)),
    /* Opens that fail as told within other calls */
    KEEPS(failed_open_undone, "",
          "FltCreateFile k1 { FltCreateFile fail_step=1 " FULL " }; FltClose k1 " GONE(o1) "; end"),
    KEEPS(failed_open_undone, "",
          "FltCreateFile fail_step=4 " FULL
          " create:o1 cleanup:o1 { FltCreateFile fail_step=1 " FULL ", irps close:o1 }"),
    KEEPS(failed_open_undone, "",
          "FltCreateFile k1 { ZwCreateEvent fail_step=1 " FULL " }; FltClose k1 " GONE(o1) "; end"),
    BREAKS(failed_open_undone, "",
           "FltCreateFile k1 { FltCreateFile fail_step=4 " FULL
           " create:o9, irps cleanup:o9 close:o9 }"),
    BREAKS(irp_for_known_object, "", "ZwCreateEvent fail_step=3 " FULL " " UNDONE(o1)),
    BREAKS(irp_for_known_object, "",
           "FltCreateFile path=\\missing fail_step=4 =STATUS_OBJECT_NAME_NOT_FOUND " UNDONE(o1)),
    KEEPS(register_filter, "", "FltRegisterFilter filter=f1 null:filter filter:3"),
    /* Sharing: access and share say what an open does and lets others do. */
    KEEPS(share_conflict, "",
          OPEN_A("k1", READ, "FILE_SHARE_READ") "; " OPEN_A("k2", READ, "FILE_SHARE_READ")),
    KEEPS(share_conflict, "any",
          OPEN_A("k1", READ, "FILE_SHARE_READ") "; " OPEN_A("", WRITE, SHARE_ALL) VIOLATION
          " allows:STATUS_SHARING_VIOLATION"),
    KEEPS(share_conflict,
          "", /* the mirror: the later open does not share what the first one does */
          OPEN_A("k1", WRITE, SHARE_ALL) "; " OPEN_A("", READ, "FILE_SHARE_READ") VIOLATION),
    KEEPS(share_conflict, "",
          OPEN_A("k1", "DELETE", SHARE_ALL) "; " OPEN_A("", READ, "3") VIOLATION),
    KEEPS(share_conflict, "",
          OPEN_A("k1", READ, "0") "; FltCreateFile k2 path=\\b access=1 share=0"),
    KEEPS(share_conflict, "",
          OPEN_A("k1", READ, "0") "; FltClose k1 " GONE(o1) "; " OPEN_A("k1", READ, "0")),
    KEEPS(
        share_conflict, "", /* past cleanup, though the object lives on */
        "FltCreateFileEx k1 o1 access=1 share=0; FltClose k1 cleanup:o1; " OPEN_A("k1", READ, "0")),
    KEEPS(share_conflict, "", /* not while a duplicate is open */
          OPEN_A("k1", READ, "0") "; ZwDuplicateObject k1 -> k2 target=System attributes=0; "
                                  "FltClose k1; " OPEN_A("", READ, SHARE_ALL) VIOLATION),
    KEEPS(share_conflict, "geometry=small", /* before the table is looked at */
          TWELVE "FltCreateFile access=1 share=0 " VIOLATION " allows:STATUS_SHARING_VIOLATION"),
    KEEPS(share_conflict, "", OPEN_A("k1", READ, "0") "; ZwCreateFile access=2 share=7 " VIOLATION),
    KEEPS(share_conflict, "", /* a failed open is not counted */
          "FltCreateFile access=1 share=0 fail_step=4 " FULL
          " create:o1 cleanup:o1 close:o1; " OPEN_A("k1", READ, "0")),
    BREAKS(share_conflict, "", OPEN_A("k1", READ, "0") "; " OPEN_A("k2", READ, SHARE_ALL)),
    BREAKS(share_conflict, "", OPEN_A("k1", READ, SHARE_ALL) "; " OPEN_A("k2", READ, "0")),
    BREAKS(share_conflict, "",
           OPEN_A("k1", READ, "0") "; " OPEN_A("", READ, SHARE_ALL) "=STATUS_ACCESS_DENIED"),
    BREAKS(open_existing, "", OPEN_A("", READ, "0") VIOLATION),
    BREAKS(open_existing, "",
           OPEN_A("k1", READ, SHARE_ALL) "; " OPEN_A("", READ, SHARE_ALL) VIOLATION),
    BREAKS(open_existing, "",
           OPEN_A("k1", READ, "0") "; FltClose k1 " GONE(o1) "; " OPEN_A("", READ, "0") VIOLATION),
    KEEPS(share_attributes_only, "",
          OPEN_A("k1", READ, "0") "; " OPEN_A(
              "k2", "FILE_READ_ATTRIBUTES|SYNCHRONIZE",
              "0") " allows:STATUS_SUCCESS; FltClose k1 " GONE(o1) "; " OPEN_A("k1", WRITE, "0")),
    BREAKS(share_attributes_only, "",
           OPEN_A("k1", READ, "0") "; " OPEN_A("", "FILE_READ_ATTRIBUTES", "0") VIOLATION),
    KEEPS(share_ignored, "",
          OPEN_A("k1", READ, "0") "; " OPEN_A(
              "k2", WRITE, "0") " flags=IO_IGNORE_SHARE_ACCESS_CHECK "
                                "allows:STATUS_SUCCESS; " OPEN_A("", READ, SHARE_ALL) VIOLATION
          "; FltClose k1 " GONE(o1) "; " OPEN_A("k1", READ, "0")),
    BREAKS(share_ignored, "",
           OPEN_A("k1", READ, "0") "; " OPEN_A("", WRITE, "0") VIOLATION
           " flags=IO_IGNORE_SHARE_ACCESS_CHECK"),
    BREAKS(share_conflict, "",
           OPEN_A("k1", READ, "0") "; " OPEN_A("k2", READ, "0") " flags=IO_FORCE_ACCESS_CHECK"),
};

static const struct script_case caller_cases[] = {
    /* Handles that are closed */
    KEEPS(close_once, "", "FltCreateFile k1 @0; FltClose @0 " GONE(o1)),
    KEEPS(close_once, "", "ZwCreateEvent k1 @0; ZwClose @0; ZwCreateEvent k1 @0; ZwClose @0"),
    BREAKS(close_once, "",
           "FltCreateFile k1 @0; FltClose @0 " GONE(o1) "; FltClose @0 " BAD " !close-once"),
    BREAKS(close_once, "",
           "FltCreateFile k1; FltClose k1 " GONE(o1) "; FltClose k1 " BAD " !close-once"),
    BREAKS(close_once, "",
           "FltCreateFile k1 @0; FltClose @0 " GONE(o1) "; FltCreateFile k1 @1; "
                                                        "FltClose @0 " GONE(o3) "!close-once"),
    BREAKS(close_once, "tag_bits=any",
           "ZwCreateEvent k1; ZwClose k1; ZwClose k1+1 " BAD " !close-once"),
    KEEPS(flt_close_for_flt_handles, "", "FltCreateFileEx k1; FltClose k1 cleanup:o1"),
    BREAKS(flt_close_for_flt_handles, "",
           "ZwCreateFile k1; FltClose k1 " BAD " !flt-close-for-flt-handles"),
    BREAKS(flt_close_for_flt_handles, "",
           "ZwCreateEvent k1 @3; FltClose @3 " BAD " !flt-close-for-flt-handles"),
    KEEPS(zw_close_for_other_handles, "", "ZwCreateFile k1; ZwClose k1 " GONE(o1)),
    BREAKS(zw_close_for_other_handles, "",
           "FltCreateFile k1; ZwClose k1 " GONE(o1) "!zw-close-for-other-handles"),
    BREAKS(zw_close_for_other_handles, "",
           "FltCreateFileEx k1; ZwClose k1 cleanup:o1 !zw-close-for-other-handles"),
    KEEPS(close_real_handle, "", "FltCreateFile k1; FltClose k1 " GONE(o1)),
    BREAKS(close_real_handle, "", "FltClose k1 " BAD " !close-real-handle"),
    BREAKS(close_real_handle, "", "ZwClose 0x100000004 " BAD " !close-real-handle"),
    BREAKS(close_real_handle, "", "ZwClose @5 " BAD " !close-real-handle"),
    BREAKS(close_real_handle, "tag_bits=significant",
           "ZwCreateEvent k1; ZwClose k1; ZwClose k1+1 " BAD " !close-real-handle"),

    /* Handles that are used */
    KEEPS(use_before_close, "", "FltCreateFile k1 @0; ObReferenceObjectByHandle @0 o1"),
    BREAKS(use_before_close, "",
           "FltCreateFile k1 @0; FltClose @0 " GONE(o1) "; ObReferenceObjectByHandle @0 " BAD
                                                        " !use-before-close"),
    BREAKS(use_before_close, "",
           "ZwCreateEvent k1 @0; ZwClose @0; FltCreateFile k1; ObReferenceObjectByHandle @0 o3 "
           "!use-before-close"),
    KEEPS(use_real_handle, "", "FltCreateFile k1; ObReferenceObjectByHandle k1 o1"),
    BREAKS(use_real_handle, "", "ObReferenceObjectByHandle k1 " BAD " !use-real-handle"),
    BREAKS(use_real_handle, "", "ObReferenceObjectByHandle 0 " BAD " !use-real-handle"),
    KEEPS(handle_unaltered, "", "FltCreateFile k1 @0; FltClose @0 " GONE(o1)),
    BREAKS(handle_unaltered, "",
           "FltCreateFile k1 @0; FltClose k1+1 @0 derived " GONE(o1) "!handle-unaltered"),
    BREAKS(handle_unaltered, "",
           "FltCreateFile k1 @0; ObReferenceObjectByHandle 0x80000004 @0 derived " BAD
           " !handle-unaltered"),
    KEEPS(handle_in_its_process, "",
          "FltCreateFile k1 @0; RunIn process=p2; FltClose @0 " GONE(o1)),
    KEEPS(handle_in_its_process, "", "FltCreateFile u1 @0 " IN_P1 "; FltClose @0 " GONE(o1)),
    BREAKS(handle_in_its_process, "",
           "FltCreateFile u1 @0 " IN_P1 "; RunIn process=p2; FltClose @0 " BAD
           " !handle-in-its-process"),
    BREAKS(handle_in_its_process, "",
           "FltCreateFile u1 @0 " IN_P1 "; RunIn process=System; FltCreateFile k1; "
           "ObReferenceObjectByHandle @0 o3 !handle-in-its-process"),
    KEEPS(output_used_after_failure, "",
          "FltCreateFile path= @0 =STATUS_OBJECT_PATH_SYNTAX_BAD; FltCreateFile k1 @0; FltClose "
          "@0 " GONE(o2)),
    BREAKS(output_used_after_failure, "",
           "FltCreateFile path= @0 =STATUS_OBJECT_PATH_SYNTAX_BAD; FltClose @0 " BAD
           " !output-used-after-failure"),
    BREAKS(output_used_after_failure, "",
           "FltCreateFile k1 @0; FltCreateFile path= @0 =STATUS_OBJECT_PATH_SYNTAX_BAD; "
           "ObReferenceObjectByHandle @0 " BAD " !output-used-after-failure"),
    BREAKS(output_used_after_failure, "",
           "ObReferenceObjectByHandle k9 #0 " BAD " !use-real-handle; "
           "ObDereferenceObject #0 =withheld !output-used-after-failure !object-live"),
    BREAKS(output_used_after_failure, "failed_outputs=zero",
           "ObReferenceObjectByHandle k9 #0 object:NULL " BAD " !use-real-handle; "
           "ObDereferenceObject #0 =withheld !output-used-after-failure !object-not-null"),

    /* Opens */
    KEEPS(kernel_handle_outside_system, "", "FltCreateFile k1"),
    KEEPS(kernel_handle_outside_system, "", "RunIn process=System; ZwCreateFile k1 attributes=0"),
    BREAKS(kernel_handle_outside_system, "",
           "FltCreateFile u1 attributes=OBJ_INHERIT !kernel-handle-outside-system"),
    BREAKS(kernel_handle_outside_system, "", "ZwCreateEvent u1 " IN_P1),
    BREAKS(kernel_handle_outside_system, "",
           "ZwCreateFile path= attributes=0 =STATUS_OBJECT_PATH_SYNTAX_BAD "
           "!kernel-handle-outside-system"),
    KEEPS(output_not_null, "", "FltCreateFileEx k1 null:object"),
    BREAKS(output_not_null, "", "FltCreateFile null:handle =withheld !output-not-null"),
    BREAKS(output_not_null, "", "ZwCreateEvent null:handle =withheld !output-not-null"),
    BREAKS(output_not_null, "",
           "FltCreateFile k1; ObReferenceObjectByHandle k1 null:object =withheld !output-not-null"),

    /* IRQL */
    KEEPS(flt_at_passive, "", "KeRaiseIrql irql=1; KeLowerIrql irql=0; FltCreateFile k1"),
    BREAKS(flt_at_passive, "", "KeRaiseIrql irql=1; FltCreateFile k1 !flt-at-passive"),
    BREAKS(flt_at_passive, "", "KeRaiseIrql irql=1; FltCreateFileEx k1 !flt-at-passive"),
    BREAKS(flt_at_passive, "",
           "KeRaiseIrql irql=2; FltClose k1 " BAD " !flt-at-passive !close-real-handle"),
    KEEPS(zw_at_passive, "", "ZwCreateFile k1"),
    BREAKS(zw_at_passive, "", "KeRaiseIrql irql=1; ZwCreateFile k1 !zw-at-passive"),
    BREAKS(zw_at_passive, "", "KeRaiseIrql irql=1; ZwCreateEvent k1 !zw-at-passive"),
    BREAKS(zw_at_passive, "", "ZwCreateEvent k1; KeRaiseIrql irql=1; ZwClose k1 !zw-at-passive"),
    KEEPS(reference_at_passive, "", "FltCreateFile k1; ObReferenceObjectByHandle k1 o1"),
    BREAKS(reference_at_passive, "",
           "FltCreateFile k1; KeRaiseIrql irql=1; ObReferenceObjectByHandle k1 o1 "
           "!reference-at-passive"),
    KEEPS(dereference_at_dispatch, "",
          "FltCreateFileEx k1; KeRaiseIrql irql=2; ObDereferenceObject o1"),
    BREAKS(
        dereference_at_dispatch, "",
        "FltCreateFileEx k1; KeRaiseIrql irql=3; ObDereferenceObject o1 !dereference-at-dispatch"),
    KEEPS(raise_irql_upward, "", "KeRaiseIrql irql=1; KeRaiseIrql irql=1"),
    BREAKS(raise_irql_upward, "",
           "KeRaiseIrql irql=1; KeRaiseIrql irql=0 =0x09:0:1 !raise-irql-upward"),
    KEEPS(lower_irql_downward, "", "KeRaiseIrql irql=2; KeLowerIrql irql=2; KeLowerIrql irql=1"),
    BREAKS(lower_irql_downward, "", "KeLowerIrql irql=2 =0x0A:2:0 !lower-irql-downward"),

    /* Objects */
    KEEPS(dereference_own, "",
          "FltCreateFileEx k1 #0; ObReferenceObjectByHandle k1 o1 #1; ObDereferenceObject #0; "
          "ObDereferenceObject #1"),
    BREAKS(dereference_own, "",
           "FltCreateFileEx k1 #0; ObDereferenceObject #0; ObDereferenceObject #0 =withheld "
           "!dereference-own"),
    BREAKS(dereference_own, "",
           "FltCreateFile k1; ObDereferenceObject o1 =withheld !dereference-own"),
    KEEPS(object_live, "",
          "FltCreateFileEx k1 #0; FltClose k1 cleanup:o1; ObDereferenceObject #0 close:o1"),
    BREAKS(object_live, "", "ObDereferenceObject o9 =withheld !object-live"),
    BREAKS(
        object_live, "",
        "ZwCreateEvent k1; ObReferenceObjectByHandle k1 o1 #0; ZwClose k1; ObDereferenceObject #0; "
        "ObDereferenceObject #0 =withheld !object-live"),
    BREAKS(object_live, "",
           "FltCreateFileEx k1 #0; FltClose k1 cleanup:o1; ObDereferenceObject #0 close:o1; "
           "FltCreateFileEx k1 o1 #1; ObDereferenceObject #0 =withheld !object-live"),
    KEEPS(object_not_null, "", "FltCreateFileEx k1; ObDereferenceObject o1"),
    BREAKS(object_not_null, "", "ObDereferenceObject NULL =withheld !object-not-null"),
    BREAKS(object_not_null, "", "ObDereferenceObject #4 =withheld !object-not-null"),

    /* Duplicates, modes, protection */
    KEEPS(duplicate_closer, "",
          "FltCreateFile k1; ZwDuplicateObject k1 -> k2 target=System; ZwClose k2"),
    KEEPS(duplicate_closer, "duplicate_closer=flt",
          "FltCreateFile k1; ZwDuplicateObject k1 -> k2 target=System; FltClose k2"),
    BREAKS(duplicate_closer, "",
           "FltCreateFile k1; ZwDuplicateObject k1 -> k2 target=System; FltClose k2 " BAD
           " !duplicate-closer"),
    BREAKS(duplicate_closer, "",
           "FltCreateFileEx k1; ObOpenObjectByPointer o1 k2; FltClose k2 " BAD
           " !duplicate-closer"),
    BREAKS(duplicate_closer, "forwarding",
           "ZwCreateEvent k1; ZwDuplicateObject k1 -> k2 target=System; FltClose k2 "
           "!duplicate-closer"),
    KEEPS(zw_close_for_other_handles, "",
          "FltCreateFileEx k1; ObOpenObjectByPointer o1 k2; NtClose k2"),
    BREAKS(zw_close_for_other_handles, "",
           "FltCreateFileEx2 k1; NtClose k1 cleanup:o1 !zw-close-for-other-handles"),
    BREAKS(zw_close_for_other_handles, "",
           "FltOpenVolume k1 instance=i0; ObCloseHandle k1 cleanup:o1 !zw-close-for-other-handles"),
    KEEPS(close_from_kernel_mode, "", FROM_USER "ZwCreateEvent u1 " IN_P1 "; NtClose u1"),
    BREAKS(close_from_kernel_mode, "",
           "ZwCreateEvent k1 @0; ObCloseHandle @0 mode=UserMode " BAD
           " !close-from-kernel-mode; end leak:handle-left-open:h0:1"),
    BREAKS(close_from_kernel_mode, "",
           FROM_USER "FltCreateFile k1; NtClose k1 " BAD " !close-from-kernel-mode"),
    KEEPS(close_unprotected, "",
          "ZwCreateEvent k1; " PROTECT(k1) "ZwSetInformationObject k1; ZwClose k1"),
    BREAKS(close_unprotected, "",
           "ZwCreateEvent k1; " PROTECT(k1) "ZwClose k1 " STUCK " !close-unprotected"),
    BREAKS(close_unprotected, "",
           "FltCreateFile k1; " PROTECT(k1) "ZwClose k1 " STUCK
                                            " !zw-close-for-other-handles !close-unprotected"),
    BREAKS(close_unprotected, "",
           "ZwCreateEvent k1; " PROTECT(k1) "ZwDuplicateObject k1 -> k2 target=System "
                                            "options=DUPLICATE_SAME_ATTRIBUTES; ZwClose k2 " STUCK
                                            " !close-unprotected"),
    KEEPS(close_unprotected, "",
          "ZwCreateEvent k1; " PROTECT(k1) "ZwDuplicateObject k1 -> k2 target=System; ZwClose k2"),
    BREAKS(close_once, "", "ZwCreateEvent k1 @0; NtClose @0; ObCloseHandle @0 " BAD " !close-once"),
    BREAKS(close_once, "",
           "ZwCreateEvent k1 @0; ZwClose @0; ObCloseHandle @0 mode=UserMode " BAD " !close-once"),
    BREAKS(close_once, "",
           "ZwCreateEvent k1 @0; ZwDuplicateObject @0 -> k2 target=System "
           "options=DUPLICATE_CLOSE_SOURCE; "
           "ZwClose @0 " BAD " !close-once"),
    BREAKS(close_once, "",
           "ZwCreateEvent u1 @0 " IN_P1
           "; ExitProcess process=p1; StartProcess process=p1; ZwCreateEvent u1 " IN_P1
           "; ZwClose @0 !close-once"),
    BREAKS(use_before_close, "",
           "ZwCreateEvent u1 " IN_P1
           "; ExitProcess process=p1; ZwDuplicateObject u1 source=p1 target=System " BAD
           " !use-before-close"),
    BREAKS(use_before_close, "",
           "ZwCreateEvent k1 @0; ZwClose @0; ZwSetInformationObject @0 " BAD " !use-before-close"),
    BREAKS(use_before_close, "",
           "ZwCreateEvent k1 @0; ZwClose @0; ZwReadFile @0 " BAD " !use-before-close"),
    BREAKS(use_real_handle, "", "ZwQueryInformationFile 0 " BAD " !use-real-handle"),
    BREAKS(handle_unaltered, "",
           "ZwCreateEvent k1 @0; ZwDuplicateObject k1+1 @0 derived -> k2 target=System "
           "!handle-unaltered"),
    KEEPS(handle_in_its_process, "",
          "ZwCreateEvent u1 @0 " IN_P1
          "; RunIn process=p2; ZwDuplicateObject @0 -> k1 source=p1 target=System"),
    KEEPS(handle_in_its_process, "",
          "ZwCreateEvent u1 @0 " IN_P1
          "; KeStackAttachProcess process=p2; KeUnstackDetachProcess; ZwClose @0"),
    BREAKS(handle_in_its_process, "",
           "ZwCreateEvent u1 @0 " IN_P1 "; ZwDuplicateObject @0 source=p2 target=System " BAD
           " !handle-in-its-process"),
    BREAKS(handle_in_its_process, "",
           "ZwCreateEvent u1 @0 " IN_P1 "; KeStackAttachProcess process=p2; ZwClose @0 " BAD
           " !handle-in-its-process"),
    BREAKS(output_used_after_failure, "",
           "ZwDuplicateObject k9 -> @0 target=System " BAD " !use-real-handle; ZwClose @0 " BAD
           " !output-used-after-failure"),
    BREAKS(output_used_after_failure, "",
           "ZwCreateEvent k1; ZwDuplicateObject k1 -> @0 target=NULL "
           "options=DUPLICATE_CLOSE_SOURCE; ZwReadFile @0 " BAD " !output-used-after-failure"),
    BREAKS(kernel_handle_outside_system, "",
           "FltCreateFileEx k1; ObOpenObjectByPointer o1 u1 " IN_P1),
    KEEPS(kernel_handle_outside_system, "",
          "KeStackAttachProcess process=System; ZwCreateEvent k1 attributes=0; "
          "KeUnstackDetachProcess; ZwClose k1"),
    KEEPS(kernel_handle_outside_system, "",
          "ZwCreateEvent k1; ZwDuplicateObject k1 -> u1 attributes=0"),
    BREAKS(output_not_null, "",
           "FltCreateFileEx k1; ObOpenObjectByPointer o1 null:handle =withheld !output-not-null"),

    /* What the thread is in */
    KEEPS(no_files_while_attached, "",
          "FltCreateFile k1; ZwCreateEvent k2; KeStackAttachProcess process=p2; ZwClose k2; "
          "KeUnstackDetachProcess; "
          "FltClose k1 " GONE(o1) "; end"),
    BREAKS(no_files_while_attached, "",
           "KeStackAttachProcess process=p2; FltCreateFile k1 !no-files-while-attached"),
    BREAKS(no_files_while_attached, "",
           "KeStackAttachProcess process=p2; ZwCreateFile k1 !no-files-while-attached"),
    BREAKS(
        no_files_while_attached, "",
        "KeStackAttachProcess process=p2; FltOpenVolume k1 instance=i0 !no-files-while-attached"),
    BREAKS(no_files_while_attached, "",
           "ZwCreateFile k1; KeStackAttachProcess process=p2; NtClose k1 " GONE(
               o1) "!no-files-while-attached"),
    KEEPS(flt_open_with_apcs, "",
          "KeEnterCriticalRegion; KeLeaveCriticalRegion; FltCreateFileEx k1; KeEnterGuardedRegion; "
          "FltReadFile o3; "
          "ZwCreateEvent k2; FltClose k1 cleanup:o3; KeLeaveGuardedRegion; ObDereferenceObject o3 "
          "close:o3"),
    BREAKS(flt_open_with_apcs, "", "KeEnterCriticalRegion; FltCreateFile k1 !flt-open-with-apcs"),
    BREAKS(flt_open_with_apcs, "", "KeEnterGuardedRegion; FltCreateFileEx k1 !flt-open-with-apcs"),
    BREAKS(flt_open_with_apcs, "", "KeEnterGuardedRegion; FltCreateFileEx2 k1 !flt-open-with-apcs"),
    BREAKS(flt_open_with_apcs, "",
           "KeEnterCriticalRegion; FltOpenVolume k1 instance=i0 !flt-open-with-apcs"),
    BREAKS(
        flt_open_with_apcs, "",
        "FltCreateFileEx k1; KeEnterCriticalRegion; KeEnterCriticalRegion; KeLeaveCriticalRegion; "
        "FltQueryInformationFile o1 !flt-open-with-apcs"),
    KEEPS(zw_create_with_special_apcs, "", "KeEnterCriticalRegion; ZwCreateFile k1"),
    BREAKS(zw_create_with_special_apcs, "",
           "KeEnterGuardedRegion; ZwCreateFile k1 !zw-create-with-special-apcs"),
    KEEPS(top_level_irp_null, "",
          "IoSetTopLevelIrp irp=FSRTL_FSP_TOP_LEVEL_IRP !no-top-level-irp; ZwCreateFile k1; "
          "IoSetTopLevelIrp; "
          "FltCreateFile k2"),
    BREAKS(top_level_irp_null, "",
           "IoSetTopLevelIrp irp=FSRTL_FSP_TOP_LEVEL_IRP !no-top-level-irp; FltCreateFile k1 "
           "!top-level-irp-null"),
    BREAKS(top_level_irp_null, "",
           "IoSetTopLevelIrp irp=1 !no-top-level-irp; FltOpenVolume k1 instance=i0 "
           "!top-level-irp-null"),
    BREAKS(
        top_level_irp_null, "",
        "FltCreateFileEx k1; IoSetTopLevelIrp irp=1 !no-top-level-irp; FltQueryInformationFile o1 "
        "!top-level-irp-null"),
    KEEPS(no_top_level_irp, "", "IoSetTopLevelIrp irp=NULL"),
    BREAKS(no_top_level_irp, "", "IoSetTopLevelIrp irp=FSRTL_FSP_TOP_LEVEL_IRP !no-top-level-irp"),
    KEEPS(thread_call_irql, "",
          "KeRaiseIrql irql=1; KeEnterCriticalRegion; KeStackAttachProcess process=p2; "
          "KeUnstackDetachProcess; "
          "KeRaiseIrql irql=2; IoSetTopLevelIrp"),
    BREAKS(thread_call_irql, "", "KeRaiseIrql irql=2; KeEnterGuardedRegion !thread-call-irql"),
    BREAKS(thread_call_irql, "", "KeRaiseIrql irql=3; IoSetTopLevelIrp !thread-call-irql"),
    BREAKS(zw_at_passive, "",
           "ZwCreateEvent k1; KeRaiseIrql irql=1; ObCloseHandle k1 !zw-at-passive"),
    BREAKS(flt_at_passive, "",
           "FltCreateFileEx k1; KeRaiseIrql irql=1; FltWriteFile o1 !flt-at-passive"),
    KEEPS(reference_at_passive, "",
          "FltCreateFileEx k1; KeRaiseIrql irql=1; ObOpenObjectByPointer o1 k2"),
    BREAKS(reference_at_passive, "",
           "FltCreateFileEx k1; KeRaiseIrql irql=2; ObOpenObjectByPointer o1 k2 "
           "!reference-at-passive"),
    BREAKS(dereference_at_dispatch, "",
           "FltCreateFileEx k1; KeRaiseIrql irql=3; ObReferenceObject o1 !dereference-at-dispatch"),
    KEEPS(
        regions_balanced, "",
        "KeEnterGuardedRegion; KeEnterGuardedRegion; KeEnterCriticalRegion; KeLeaveGuardedRegion; "
        "KeLeaveCriticalRegion; KeLeaveGuardedRegion; end"),
    BREAKS(regions_balanced, "",
           "KeEnterGuardedRegion; KeLeaveCriticalRegion =withheld !regions-balanced"),
    BREAKS(regions_balanced, "",
           "KeEnterGuardedRegion; KeLeaveGuardedRegion; KeLeaveGuardedRegion =withheld "
           "!regions-balanced"),
    KEEPS(detach_balanced, "",
          EIGHT_DEEP "KeUnstackDetachProcess; KeStackAttachProcess process=System"),
    BREAKS(detach_balanced, "", "KeUnstackDetachProcess =withheld !detach-balanced"),
    BREAKS(detach_balanced, "",
           EIGHT_DEEP "KeStackAttachProcess process=p2 =withheld !detach-balanced"),

    /* More of objects */
    KEEPS(dereference_own, "",
          "FltCreateFile k1; ObReferenceObject o1; ObReferenceObject o1; ObDereferenceObject o1; "
          "ObDereferenceObject o1"),
    BREAKS(object_live, "", "ObReferenceObject o9 =withheld !object-live"),
    BREAKS(object_live, "", "ObOpenObjectByPointer o9 =withheld !object-live"),
    BREAKS(object_live, "",
           "FltCreateFile k1; FltClose k1 cleanup:o1; ObReferenceObject o1 =withheld !object-live; "
           "irps close:o1"),
    BREAKS(object_live, "",
           "FltCreateFileEx k1 #0; FltClose k1 cleanup:o1; ObDereferenceObject #0 close:o1; "
           "FltCreateFileEx k1 o1 #1; "
           "FltReadFile #0 =withheld !object-live"),
    BREAKS(object_not_null, "", "ObReferenceObject NULL =withheld !object-not-null"),
    BREAKS(object_not_null, "", "FltQueryInformationFile NULL =withheld !object-not-null"),
    KEEPS(file_object_open, "",
          "FltCreateFileEx k1; ZwDuplicateObject k1 -> k2 target=System; FltClose k1; FltWriteFile "
          "o1"),
    BREAKS(file_object_open, "",
           "FltCreateFileEx k1; FltClose k1 cleanup:o1; FltWriteFile o1 =STATUS_FILE_CLOSED "
           "!file-object-open"),
    KEEPS(file_object_is_file, "", "FltOpenVolume k1 #0 instance=i0; FltReadFile #0"),
    BREAKS(file_object_is_file, "",
           "ZwCreateSection k1; FltReadFile o1 =withheld !file-object-is-file"),
    KEEPS(reopen_before_cleanup, "",
          "FltCreateFileEx k1; ObOpenObjectByPointer o1 k2; FltClose k1; "
          "ObOpenObjectByPointer o1 k3"),
    BREAKS(
        reopen_before_cleanup, "",
        "FltCreateFileEx k1; FltClose k1 cleanup:o1; ObOpenObjectByPointer o1 =STATUS_FILE_CLOSED "
        "!reopen-before-cleanup"),

    /* Filters and instances */
    KEEPS(filter_live, "",
          F1 "FltCreateFile k1 filter=f1; FltUnregisterFilter filter=f1; ZwCreateFile k2; "
             "FltRegisterFilter filter=f1"),
    BREAKS(filter_live, "", "FltCreateFile filter=NULL =withheld !filter-live"),
    BREAKS(filter_live, "", "FltCreateFileEx filter=f1 =withheld !filter-live"),
    BREAKS(filter_live, "", "FltCreateFileEx2 filter=3 =withheld !filter-live"),
    BREAKS(filter_live, "", "FltUnregisterFilter; FltCreateFile =withheld !filter-live"),
    BREAKS(filter_live, "",
           "UnloadFilter; UnloadComplete !unregister-before-unload; FltCreateFile =withheld "
           "!filter-live"),
    BREAKS(filter_live, "any", "FltStartFiltering filter=f1 =withheld !filter-live"),
    BREAKS(filter_live, "", "FltStartFiltering filter=NULL =withheld !filter-live"),
    BREAKS(filter_live, "", "FltUnregisterFilter filter=f1 =withheld !filter-live"),
    BREAKS(filter_live, "", "FltUnregisterFilter filter=9 =withheld !filter-live"),
    BREAKS(filter_live, "", "FltRegisterFilter filter=NULL =withheld !filter-live"),
    BREAKS(filter_live, "", "FltRegisterFilter filter=3 =withheld !filter-live"),
    KEEPS(instance_live, "",
          "FltCreateFileEx k1 instance=i0; FltReadFile o1 instance=i0; TeardownStart instance=i0; "
          "FltWriteFile o1 instance=i0; FltQueryInformationFile o1 instance=i0; FltReadFile o1; "
          "AttachInstance instance=i1; FltOpenVolume k2 instance=i1"),
    BREAKS(instance_live, "", "FltCreateFile instance=i1 =withheld !instance-live"),
    BREAKS(instance_live, "", "FltCreateFileEx instance=4 =withheld !instance-live"),
    BREAKS(instance_live, "any", "FltOpenVolume instance=i2 =withheld !instance-live"),
    BREAKS(instance_live, "", "FltOpenVolume instance=5 =withheld !instance-live"),
    BREAKS(instance_live, "",
           "TeardownStart instance=i0; TeardownComplete instance=i0; FltCreateFileEx2 instance=i0 "
           "=withheld !instance-live"),
    BREAKS(instance_live, "",
           "FltUnregisterFilter; FltRegisterFilter; FltOpenVolume instance=i0 =withheld "
           "!instance-live"),
    BREAKS(instance_live, "",
           "FltCreateFileEx k1; FltReadFile o1 instance=i1 =withheld !instance-live"),
    BREAKS(instance_live, "",
           "FltCreateFileEx k1; FltWriteFile o1 instance=i2 =withheld !instance-live"),
    BREAKS(instance_live, "",
           "FltCreateFileEx k1; FltQueryInformationFile o1 instance=7 =withheld !instance-live"),
    KEEPS(instance_of_its_filter, "",
          F1 "AttachInstance instance=i1 filter=f1; FltCreateFile k1 filter=f1 instance=i1; "
             "FltCreateFileEx k2 instance=i0; FltReadFile o5 instance=i1"),
    BREAKS(instance_of_its_filter, "",
           F1 "FltCreateFile k1 filter=f1 instance=i0 !instance-of-its-filter"),
    BREAKS(instance_of_its_filter, "",
           F1 "AttachInstance instance=i1 filter=f1; FltCreateFileEx k1 instance=i1 "
              "!instance-of-its-filter"),
    KEEPS(filter_call_irql, "verifier=on",
          "KeRaiseIrql irql=1; FltRegisterFilter filter=f1; FltStartFiltering filter=f1; "
          "FltUnregisterFilter filter=f1"),
    BREAKS(filter_call_irql, "",
           "KeRaiseIrql irql=2; FltRegisterFilter filter=f1 !filter-call-irql"),
    BREAKS(filter_call_irql, "",
           "KeRaiseIrql irql=2; FltStartFiltering =STATUS_INVALID_PARAMETER !filter-call-irql"),
    BREAKS(filter_call_irql, "verifier=on",
           "KeRaiseIrql irql=2; FltUnregisterFilter =0xC4:0:2 !filter-call-irql"),
    KEEPS(handle_left_at_teardown, "",
          "FltCreateFile k1 instance=i0; FltCreateFile k2; TeardownStart instance=i0; FltClose "
          "k1 " GONE(o1) "; TeardownComplete instance=i0"),
    KEEPS(handle_left_at_teardown, "",
          "FltCreateFile k1 instance=i0; TeardownComplete instance=i0; TeardownStart instance=i0"),
    KEEPS(handle_left_at_teardown, "",
          "FltCreateFile k1 instance=i0; ZwDuplicateObject k1 -> k2 target=System; FltClose "
          "k1; " TEARDOWN(i0)),
    KEEPS(handle_left_at_teardown, "",
          "FltCreateFile k1 instance=i0; AttachInstance instance=i1; " TEARDOWN(i1)),
    BREAKS(
        handle_left_at_teardown, "",
        "FltCreateFile k1 instance=i0; " TEARDOWN(i0) " !handle-left-at-teardown; "
                                                      "AttachInstance instance=i0; " TEARDOWN(i0)),
    BREAKS(handle_left_at_teardown, "",
           F1 "FltCreateFile k1 filter=f1 instance=i0 !instance-of-its-filter; " TEARDOWN(
               i0) " !handle-left-at-teardown"),
    BREAKS(
        handle_left_at_teardown, "",
        "AttachInstance instance=i1; FltCreateFile k1 instance=i0; FltCreateFile k2 instance=i1; "
        "TeardownStart instance=i0; FltUnregisterFilter !handle-left-at-teardown"),
    BREAKS(handle_left_at_teardown, "any",
           "FltOpenVolume k1 instance=i0; FltUnregisterFilter !handle-left-at-teardown "
           "!reference-left-at-teardown"),
    KEEPS(reference_left_at_teardown, "",
          "FltCreateFileEx k1 instance=i0; FltCreateFileEx k2; TeardownStart instance=i0; "
          "FltClose k1 cleanup:o1; ObDereferenceObject o1 close:o1; TeardownComplete instance=i0"),
    BREAKS(reference_left_at_teardown, "",
           "FltCreateFileEx k1 instance=i0; FltClose k1 cleanup:o1; " TEARDOWN(
               i0) " !reference-left-at-teardown; AttachInstance instance=i0; FltUnregisterFilter"),
    BREAKS(reference_left_at_teardown, "",
           "FltCreateFile k1 instance=i0; ZwDuplicateObject k1 -> k2 target=System; "
           "ObReferenceObjectByHandle k2 o1; FltClose k1; FltUnregisterFilter "
           "!reference-left-at-teardown"),
    KEEPS(
        handle_left_at_unload, "",
        "FltCreateFile k1; UnloadFilter; FltClose k1 " GONE(o1) "; FltUnregisterFilter; "
                                                                "ZwCreateFile k2; UnloadComplete"),
    KEEPS(handle_left_at_unload, "",
          "FltCreateFile k1; UnloadComplete; UnloadFilter; UnloadComplete "
          "answer=STATUS_FLT_DO_NOT_DETACH"),
    KEEPS(handle_left_at_unload, "",
          F1 "FltCreateFile k1; UnloadFilter filter=f1; FltUnregisterFilter filter=f1; "
             "UnloadComplete filter=f1; FltClose k1 " GONE(o3)),
    BREAKS(handle_left_at_unload, "",
           "FltCreateFile k1; UnloadFilter; FltUnregisterFilter; UnloadComplete "
           "!handle-left-at-unload; FltRegisterFilter; UnloadFilter; FltUnregisterFilter; "
           "UnloadComplete"),
    BREAKS(handle_left_at_unload, "",
           "FltCreateFile k1; FltUnregisterFilter; FltRegisterFilter; UnloadFilter "
           "unload=mandatory; FltUnregisterFilter; UnloadComplete answer=STATUS_FLT_DO_NOT_DETACH "
           "!handle-left-at-unload"),
    BREAKS(handle_left_at_unload, "",
           "FltCreateFile k1 instance=i0; UnloadFilter; " TEARDOWN(
               i0) " !handle-left-at-teardown; "
                   "FltUnregisterFilter; UnloadComplete !handle-left-at-unload"),
    BREAKS(handle_left_at_unload, "any",
           "FltCreateFileEx k1 instance=i0; UnloadFilter unload=mandatory; UnloadComplete "
           "answer=STATUS_FLT_DO_NOT_DETACH !unregister-before-unload !handle-left-at-teardown "
           "!reference-left-at-teardown !handle-left-at-unload !reference-left-at-unload"),
    KEEPS(reference_left_at_unload, "",
          "FltCreateFileEx k1; UnloadFilter; FltClose k1 cleanup:o1; ObDereferenceObject o1 "
          "close:o1; FltUnregisterFilter; UnloadComplete"),
    BREAKS(reference_left_at_unload, "",
           "FltCreateFileEx k1; UnloadFilter; FltClose k1 cleanup:o1; FltUnregisterFilter; "
           "UnloadComplete !reference-left-at-unload; FltRegisterFilter; UnloadFilter; "
           "FltUnregisterFilter; UnloadComplete"),
    KEEPS(unregister_before_unload, "",
          "UnloadFilter; FltUnregisterFilter; UnloadComplete; FltRegisterFilter"),
    KEEPS(unregister_before_unload, "",
          "UnloadFilter unload=optional; UnloadComplete answer=STATUS_FLT_DO_NOT_DETACH; "
          "UnloadComplete; FltCreateFile k1"),
    BREAKS(unregister_before_unload, "",
           "UnloadFilter; UnloadComplete !unregister-before-unload; FltRegisterFilter; "
           "UnloadComplete; FltCreateFile k1"),
    BREAKS(unregister_before_unload, "",
           "UnloadFilter unload=mandatory; UnloadFilter; UnloadComplete "
           "answer=STATUS_FLT_DO_NOT_DETACH !unregister-before-unload"),
    BREAKS(unregister_before_unload, "",
           "UnloadFilter; FltUnregisterFilter; FltRegisterFilter; UnloadComplete "
           "!unregister-before-unload"),
    KEEPS(close_before_unregister, "",
          "FltCreateFile k1; ZwDuplicateObject k1 -> k2 target=System; ZwCreateFile k3; FltClose "
          "k1; FltUnregisterFilter; ZwClose k2 " GONE(o1) "; ZwClose k3 " GONE(o3)),
    KEEPS(close_before_unregister, "",
          "FltUnregisterFilter; FltRegisterFilter; FltCreateFile k1; FltClose k1 " GONE(o3)),
    KEEPS(close_before_unregister, "",
          F1 "FltCreateFile k1; FltUnregisterFilter filter=f1; FltClose k1 " GONE(o3)),
    KEEPS(close_before_unregister, "",
          "FltCreateFile k1 instance=i0; " TEARDOWN(
              i0) " !handle-left-at-teardown; FltClose k1 " GONE(o1)),
    BREAKS(close_before_unregister, "",
           "FltCreateFile k1; FltUnregisterFilter; FltClose k1 " GONE(
               o1) "!close-before-unregister allows:STATUS_SUCCESS"),
    BREAKS(close_before_unregister, "any",
           "FltCreateFile k1; FltUnregisterFilter; FltRegisterFilter; FltClose k1 " GONE(
               o1) "!close-before-unregister"),
    BREAKS(close_before_unregister, "",
           "FltCreateFileEx k1; FltUnregisterFilter; ZwClose k1 cleanup:o1 "
           "!zw-close-for-other-handles !close-before-unregister"),
    BREAKS(
        close_before_unregister, "",
        "FltOpenVolume k1 instance=i0 null:object; FltUnregisterFilter !handle-left-at-teardown; "
        "NtClose k1 " GONE(o1) "!zw-close-for-other-handles !close-before-unregister"),
    BREAKS(close_before_unregister, "",
           "FltCreateFile k1; FltUnregisterFilter; KeStackAttachProcess process=p2; " PROTECT(
               k1) "ObCloseHandle k1 " STUCK
                   " !no-files-while-attached !zw-close-for-other-handles "
                   "!close-unprotected !close-before-unregister"),
    BREAKS(close_before_unregister, "",
           "FltCreateFile k1; UnloadFilter; FltUnregisterFilter; UnloadComplete "
           "!handle-left-at-unload; FltClose k1 " GONE(o1) "!close-before-unregister"),
    BREAKS(close_before_unregister, "",
           "FltCreateFile k1; FltUnregisterFilter; FltClose k1 fail=STATUS_INVALID_HANDLE " BAD
           " !close-before-unregister"),
    KEEPS(close_before_unregister, "",
          "FltCreateFile k1; FltClose k1 " GONE(o1) "{ FltUnregisterFilter }"),
    /* An open's first guess at its object goes to another open, its owner does not */
    BREAKS(duplicate_closer, "duplicate_closer=flt",
           SWAPPED("") "ZwDuplicateObject k1 -> k3 target=System; FltClose k3 " BAD
                       " !duplicate-closer"),
    KEEPS(reference_left_at_teardown, "",
          SWAPPED("instance=i0") "FltClose k2 " GONE(
              o9) "; ObReferenceObjectByHandle k1 o1; " TEARDOWN(i0)),
    BREAKS(handle_left_at_teardown, "",
           SWAPPED("instance=i0") TEARDOWN(i0) " !handle-left-at-teardown"),
    BREAKS(close_before_unregister, "",
           SWAPPED("") "FltUnregisterFilter; FltClose k2 " GONE(o9) "!close-before-unregister"),
    KEEPS(close_before_unregister, "", /* the filter is registered anew */
          "FltUnregisterFilter; FltRegisterFilter; FltStartFiltering; " SWAPPED(
              "") "FltClose k2 " GONE(o9)),
    BREAKS(close_before_unregister, "",
           "FltCreateFile k1 { FltUnregisterFilter }; FltClose k1 " GONE(
               o1) "!close-before-unregister"),

    /* What is left at the end */
    KEEPS(handle_left_open, "", "FltCreateFile k1 @2; FltClose @2 " GONE(o1) "; end"),
    BREAKS(handle_left_open, "", "FltCreateFile k1 @2; end leak:handle-left-open:h2:1"),
    BREAKS(handle_left_open, "",
           "FltCreateFile k1; ZwCreateEvent k2 @1; ZwCreateFile k3 @2; FltClose k1 " GONE(
               o1) "; end leak:handle-left-open:h1:2 leak:handle-left-open:h2:3"),
    KEEPS(reference_left, "",
          "FltCreateFileEx k1 #0; FltClose k1 cleanup:o1; ObDereferenceObject o1 close:o1; end"),
    BREAKS(reference_left, "",
           "FltCreateFileEx k1 #3; FltClose k1 cleanup:o1; end leak:reference-left:o3:1"),
    BREAKS(reference_left, "",
           "FltCreateFileEx k1 #0; ObReferenceObjectByHandle k1 o1 #1; ObReferenceObjectByHandle "
           "k1 o1 #2; "
           "FltClose k1 cleanup:o1; ObDereferenceObject #1; end leak:reference-left:o0:1 "
           "leak:reference-left:o2:3"),
    BREAKS(reference_left, "",
           "FltCreateFileEx k1 #0; ObReferenceObjectByHandle k1 o1 #1; FltClose k1 cleanup:o1; "
           "ObDereferenceObject o1; end leak:reference-left:o1:2"),
    BREAKS(
        reference_left, "",
        "FltCreateFileEx k1 #0; ObReferenceObjectByHandle k1 o1 #1; FltClose k1 cleanup:o1; "
        "ObDereferenceObject #1; ObDereferenceObject #1 close:o1; ObDereferenceObject o1 =withheld "
        "!object-live; ZwCreateEvent k2; ObReferenceObjectByHandle k2 o7 #5; ZwClose k2; end "
        "leak:reference-left:o5:8"),
    BREAKS(handle_left_open, "",
           "FltCreateFile k1 @0; ZwDuplicateObject @0 -> k2 @1 target=System "
           "options=DUPLICATE_CLOSE_SOURCE; "
           "ObReferenceObjectByHandle @1 o1 #0; ObOpenObjectByPointer #0 k3 @2; "
           "ObDereferenceObject #0; "
           "ZwDuplicateObject k3 target=p2 attributes=0 null:handle; "
           "end leak:handle-left-open:h1:2 leak:handle-left-open:h2:4 leak:handle-left-open:-:6"),
    BREAKS(handle_left_open, "",
           "FltCreateFile u1 @0 " IN_P1 "; ExitProcess process=p1 " GONE(
               o1) "; FltCreateFile u1 @1 " IN_P1 "; end leak:handle-left-open:h1:3"),
    BREAKS(handle_left_open, "",
           "ZwCreateEvent k1; ZwDuplicateObject k1 target=p2 attributes=0 null:handle; ExitProcess "
           "process=p2; "
           "ZwDuplicateObject k1 target=p1 attributes=0 null:handle; ZwClose k1; end "
           "leak:handle-left-open:-:4"),
    BREAKS(reference_left, "",
           "FltCreateFileEx k1 #0; ObReferenceObject #0; FltClose k1 cleanup:o1; "
           "ObDereferenceObject #0; "
           "end leak:reference-left:-:2"),
    KEEPS(region_left, "", "KeEnterGuardedRegion; KeLeaveGuardedRegion; end"),
    BREAKS(region_left, "", "KeEnterGuardedRegion; end leak:region-left:-:1"),
    BREAKS(region_left, "", "KeEnterCriticalRegion; end leak:region-left:-:1"),
    BREAKS(region_left, "",
           "KeEnterCriticalRegion; KeEnterGuardedRegion; KeEnterCriticalRegion; "
           "KeLeaveCriticalRegion; "
           "end leak:region-left:-:1"),
    BREAKS(region_left, "",
           "KeEnterCriticalRegion; KeEnterGuardedRegion; KeLeaveCriticalRegion; "
           "KeEnterCriticalRegion; "
           "end leak:region-left:-:2"),
    KEEPS(attach_left, "", "KeStackAttachProcess process=p2; KeUnstackDetachProcess; end"),
    BREAKS(
        attach_left, "",
        "KeStackAttachProcess process=p2; KeStackAttachProcess process=p1; KeUnstackDetachProcess; "
        "end leak:attach-left:-:1"),
    KEEPS(irql_left_raised, "", "KeRaiseIrql irql=2; KeLowerIrql irql=0; end"),
    BREAKS(irql_left_raised, "",
           "KeRaiseIrql irql=2; KeRaiseIrql irql=5; KeLowerIrql irql=1; end "
           "leak:irql-left-raised:-:1"),
    BREAKS(irql_left_raised, "",
           "FltCreateFileEx k1 @0 #0; KeRaiseIrql irql=1; KeLowerIrql irql=0; KeRaiseIrql irql=2; "
           "end leak:handle-left-open:h0:1 leak:reference-left:o0:1 leak:irql-left-raised:-:4"),
    /* Filters and instances */
    KEEPS(filter_live, "", "FltCreateFile k1 filter=f0"),
    KEEPS(filter_live, "",
          "FltUnregisterFilter filter=f0; FltRegisterFilter filter=f0; FltCreateFile k1"),
    BREAKS(filter_live, "", "FltCreateFile filter=f1 =withheld !filter-live"),
    BREAKS(filter_live, "", "FltCreateFileEx filter=7 =withheld !filter-live"),
    BREAKS(filter_live, "", "FltCreateFileEx2 filter=f1 =withheld !filter-live"),
    BREAKS(filter_live, "", "FltStartFiltering filter=f1 =withheld !filter-live"),
    BREAKS(filter_live, "",
           "UnloadFilter filter=f0 unload=mandatory; FltUnregisterFilter filter=f0; "
           "UnloadComplete filter=f0 answer=STATUS_FLT_DO_NOT_DETACH; "
           "FltCreateFile =withheld !filter-live"),
    KEEPS(instance_live, "", "FltCreateFile k1 instance=i0"),
    KEEPS(instance_live, "",
          "TeardownStart instance=i0; FltCreateFile instance=i0 " DELETING
          "; TeardownComplete instance=i0; AttachInstance instance=i0 filter=f0; "
          "FltCreateFile k1 instance=i0"),
    BREAKS(instance_live, "", "FltOpenVolume instance=i1 =withheld !instance-live"),
    BREAKS(instance_live, "", "FltOpenVolume instance=9 =withheld !instance-live"),
    BREAKS(instance_live, "",
           "FltCreateFileEx k1 o1; TeardownStart instance=i0; TeardownComplete instance=i0; "
           "FltReadFile o1 instance=i0 =withheld !instance-live"),
    BREAKS(instance_live, "",
           "FltCreateFileEx k1 o1; FltWriteFile o1 instance=i1 =withheld !instance-live"),
    BREAKS(instance_live, "",
           "FltCreateFileEx k1 o1; FltQueryInformationFile o1 instance=i1 =withheld "
           "!instance-live"),
    BREAKS(instance_live, "",
           "FltRegisterFilter filter=f1; AttachInstance instance=i1 filter=f1; "
           "FltCreateFile instance=i1 =withheld !instance-live"),
    BREAKS(instance_live, "",
           "UnloadFilter filter=f0; AttachInstance instance=i1 filter=f0; "
           "FltOpenVolume instance=i1 =withheld !instance-live"),
    KEEPS(instance_of_its_filter, "",
          "AttachInstance instance=i1 filter=f0; FltCreateFile k1 instance=i1 filter=f0"),
    BREAKS(instance_of_its_filter, "",
           "FltRegisterFilter filter=f1; FltCreateFile k1 instance=i0 filter=f1 "
           "!instance-of-its-filter"),
    KEEPS(filter_call_irql, "",
          "KeRaiseIrql irql=1; FltRegisterFilter filter=f1; FltStartFiltering filter=f1; "
          "FltUnregisterFilter filter=f1"),
    KEEPS(handle_left_at_teardown, "",
          "FltCreateFile k1 instance=i0; FltClose k1 " GONE(
              o1) "; TeardownStart instance=i0; TeardownComplete instance=i0"),
    KEEPS(handle_left_at_teardown, "", /* not the instance's, and not a handle of its own */
          "FltCreateFile k1; FltCreateFile k2 instance=i0; ZwDuplicateObject k2 -> k3 "
          "target=System attributes=0; FltClose k2; TeardownStart instance=i0; "
          "TeardownComplete instance=i0"),
    KEEPS(handle_left_at_teardown, "", /* it was not being torn down */
          "FltCreateFile k1 instance=i0; TeardownComplete instance=i0"),
    BREAKS(handle_left_at_teardown, "",
           "FltCreateFile k1 instance=i0; TeardownStart instance=i0; "
           "TeardownComplete instance=i0 !handle-left-at-teardown"),
    BREAKS(handle_left_at_teardown, "",
           "FltOpenVolume k1 instance=i0; FltUnregisterFilter filter=f0 "
           "!handle-left-at-teardown !reference-left-at-teardown"),
    BREAKS(handle_left_at_teardown, "",
           "AttachInstance instance=i1 filter=f0; FltCreateFile k1 instance=i1; "
           "UnloadFilter filter=f0; UnloadComplete filter=f0 !unregister-before-unload "
           "!handle-left-at-teardown !handle-left-at-unload"),
    KEEPS(reference_left_at_teardown, "",
          "FltCreateFileEx k1 o1 instance=i0; ObDereferenceObject o1; FltClose k1 " GONE(
              o1) "; TeardownStart instance=i0; TeardownComplete instance=i0"),
    BREAKS(reference_left_at_teardown, "",
           "FltCreateFileEx k1 o1 instance=i0; FltClose k1 cleanup:o1; "
           "TeardownStart instance=i0; TeardownComplete instance=i0 "
           "!reference-left-at-teardown"),
    KEEPS(handle_left_at_unload, "",
          "FltCreateFile k1; UnloadFilter filter=f0; FltClose k1 " GONE(
              o1) "; FltUnregisterFilter filter=f0; UnloadComplete filter=f0"),
    KEEPS(handle_left_at_unload, "", /* refused, and another filter's */
          "FltRegisterFilter filter=f1; FltCreateFile k1 filter=f1; FltCreateFile k2; "
          "UnloadFilter filter=f0; UnloadComplete filter=f0 answer=STATUS_FLT_DO_NOT_DETACH"),
    KEEPS(handle_left_at_teardown, "", /* of an attachment that ended while it was opened */
          "FltCreateFile k1 instance=i0 { TeardownStart instance=i0, TeardownComplete instance=i0 "
          "}; AttachInstance instance=i0; " TEARDOWN(i0)),
    BREAKS(handle_left_at_unload, "", /* of an earlier registration */
           "FltCreateFile k1; FltUnregisterFilter filter=f0; FltRegisterFilter filter=f0; "
           "UnloadFilter filter=f0; FltUnregisterFilter filter=f0; UnloadComplete filter=f0 "
           "!handle-left-at-unload"),
    KEEPS(
        reference_left_at_unload, "",
        "FltCreateFileEx k1 o1; UnloadFilter filter=f0; ObDereferenceObject o1; FltClose k1 " GONE(
            o1) "; FltUnregisterFilter filter=f0; UnloadComplete filter=f0"),
    BREAKS(reference_left_at_unload, "",
           "FltCreateFileEx k1 o1; UnloadFilter filter=f0; FltClose k1 cleanup:o1; "
           "FltUnregisterFilter filter=f0; UnloadComplete filter=f0 !reference-left-at-unload"),
    KEEPS(unregister_before_unload, "",
          "UnloadFilter filter=f0; FltUnregisterFilter filter=f0; UnloadComplete filter=f0"),
    KEEPS(unregister_before_unload, "", "UnloadComplete filter=f0"),
    BREAKS(unregister_before_unload, "",
           "UnloadFilter filter=f0; UnloadComplete filter=f0 !unregister-before-unload"),
    KEEPS(close_before_unregister, "",
          "FltCreateFile k1; UnloadFilter filter=f0; FltClose k1 " GONE(o1)),
    KEEPS(close_before_unregister, "",
          "ZwCreateFile k1; FltUnregisterFilter filter=f0; ZwClose k1 " GONE(o1)),
    BREAKS(close_before_unregister, "",
           "FltCreateFile k1; FltUnregisterFilter filter=f0; FltRegisterFilter filter=f0; "
           "ZwClose k1 " GONE(o1) "!zw-close-for-other-handles !close-before-unregister"),
};

/* These need a system's tables: whoever joins them with the contract's decides. */
static const enum flt_rule decided_elsewhere[] = {
    FLT_RULE_filter_state,
    FLT_RULE_share_counts,
    FLT_RULE_ecp_list_kept,
    FLT_RULE_delete_on_close_marks,
    FLT_RULE_deleted_at_last_handle,
    FLT_RULE_posix_delete,
    FLT_RULE_attributes_as_made,
    FLT_RULE_names_as_made,
    FLT_RULE_failed_call_changes_nothing,
    FLT_RULE_tables_apart,
    FLT_RULE_open_handle_stays,
    FLT_RULE_closed_handle_gone,
    FLT_RULE_handle_as_granted,
    FLT_RULE_handle_count_exact,
    FLT_RULE_reference_count_exact,
    FLT_RULE_object_outlives_handle,
    FLT_RULE_object_gone_at_end,
    FLT_RULE_object_phase,
    FLT_RULE_process_exit_closes,
    FLT_RULE_duplicate_closes_source,
};

/* ---- the tables ------------------------------------------------------------------------------ */

static void test_provider_rules(void **state) {
    struct flt_contract *contract = *state;
    run_cases(contract, provider_cases, ENTRIES(provider_cases));
}

static void test_caller_rules(void **state) {
    struct flt_contract *contract = *state;
    run_cases(contract, caller_cases, ENTRIES(caller_cases));
}

/* Or a file of its own has its cases, and looks for them. */
static bool is_decided_elsewhere(enum flt_rule rule) {
    return is_rule_of(rule, decided_elsewhere, ENTRIES(decided_elsewhere)) ||
           is_rule_of(rule, rules_of_targets_test, ENTRIES(rules_of_targets_test)) ||
           is_rule_of(rule, rules_of_pipes_test, ENTRIES(rules_of_pipes_test)) ||
           is_rule_of(rule, rules_of_deleting_test, ENTRIES(rules_of_deleting_test)) ||
           is_rule_of(rule, rules_of_parameters_test, ENTRIES(rules_of_parameters_test)) ||
           is_rule_of(rule, rules_of_ecp_test, ENTRIES(rules_of_ecp_test)) ||
           is_rule_of(rule, rules_of_cancelling_test, ENTRIES(rules_of_cancelling_test)) ||
           is_rule_of(rule, rules_of_reparse_buffer_test, ENTRIES(rules_of_reparse_buffer_test));
}

static void test_every_rule_has_its_cases(void **state) {
    (void)state;
    for (int i = 1; i < FLT_RULE_COUNT; i++) {
        const enum flt_rule rule = (enum flt_rule)i;
        if (is_decided_elsewhere(rule))
            continue;
        if (flt_rules[rule].caller)
            check_has_cases(rule, caller_cases, ENTRIES(caller_cases));
        else
            check_has_cases(rule, provider_cases, ENTRIES(provider_cases));
    }
}

/* A new row of calls.def that may not run at any IRQL needs a rule that says so. */
static void test_every_call_has_its_irql_rule(void **state) {
    struct flt_contract *contract = *state;
    struct flt_prediction prediction;
    struct script s;
    script_run(&s, contract, "", "KeRaiseIrql irql=15");
    for (const uint8_t *op = flt_opcodes; *op != FLT_OP_NONE; op++) {
        struct flt_call call;
        flt_call_init(&call, *op);
        flt_contract_predict(contract, &call, &prediction);
        if (flt_calls[*op].max_irql < HIGH_LEVEL &&
            (prediction.breaches == 0 || !flt_rules[prediction.breach[0]].caller))
            fail_msg("%s has no rule for its IRQL", flt_calls[*op].name);
    }
}

/* ---- what a violation says ------------------------------------------------------------------- */

static const struct {
    const char *switches, *script, *what;
} texts[] = {
    {"", "FltClose u1 !close-real-handle",
     "FltClose(0x4) = STATUS_SUCCESS, allowed: STATUS_INVALID_HANDLE"},
    {"any", "ZwClose k1 =0x50 !close-real-handle",
     "ZwClose(0xffffffff80000004) = bugcheck 0x00000050, allowed: bugcheck INVALID_KERNEL_HANDLE "
     "or "
     "STATUS_INVALID_HANDLE"},
    {"", "FltCreateFile path=\\a =STATUS_ACCESS_DENIED",
     "FltCreateFile(\"\\a\") = STATUS_ACCESS_DENIED, allowed: STATUS_SUCCESS"},
    {"", "FltCreateFileEx k1; ObDereferenceObject o1 =0x18",
     "ObDereferenceObject(object 1) = bugcheck REFERENCE_BY_POINTER, allowed: STATUS_SUCCESS"},
    {"", "KeLowerIrql irql=2 !lower-irql-downward",
     "KeLowerIrql(DISPATCH_LEVEL) = STATUS_SUCCESS, allowed: bugcheck IRQL_NOT_LESS_OR_EQUAL"},
    {"", "KeLowerIrql irql=9 !lower-irql-downward",
     "KeLowerIrql(9) = STATUS_SUCCESS, allowed: bugcheck IRQL_NOT_LESS_OR_EQUAL"},
    {"", "ZwCreateEvent =0xC0DE", "ZwCreateEvent() = bugcheck 0x0000C0DE, allowed: STATUS_SUCCESS"},
    {"", "FltCreateFile fill", "FltCreateFile succeeded and handed out no handle"},
    {"", "FltCreateFile 0x6", "FltCreateFile handed out 0x6 for the kernel table"},
    {"", "FltCreateFile k1 " IN_P1,
     "FltCreateFile handed out 0xffffffff80000004 for a process's table"},
    {"", "ZwCreateEvent k1; ZwCreateEvent k1",
     "ZwCreateEvent handed out 0xffffffff80000004, which is live in its table"},
    {"reuse=never", "ZwCreateEvent k1; ZwClose k1; ZwCreateEvent k1",
     "ZwCreateEvent handed out 0xffffffff80000004, which was used before in its table"},
    {"", "ZwCreateFile k1 iosb:fill info:fill",
     "ZwCreateFile succeeded and left IoStatusBlock alone"},
    {"", "ZwCreateFile k1 iosb:fill",
     "ZwCreateFile succeeded with IoStatusBlock {0x5c5c5c5c, 0x1}; it must be {0x00000000, "
     "FILE_OPENED}"},
    {"", "ZwCreateFile k1 info:fill iosb:5",
     "ZwCreateFile succeeded with IoStatusBlock {0x00000005, 0x5c5c5c5c5c5c5c5c}; it must be "
     "{0x00000000, "
     "FILE_OPENED}"},
    {"", "FltCreateFile k1 path=\\missing disposition=FILE_CREATE",
     "FltCreateFile succeeded with IoStatusBlock {0x00000000, 0x1}; it must be {0x00000000, "
     "FILE_CREATED}"},
    {"",
     "FltCreateFile k1 path=\\oplocked create_options=FILE_COMPLETE_IF_OPLOCKED "
     "=STATUS_OPLOCK_BREAK_IN_PROGRESS",
     "FltCreateFile succeeded with IoStatusBlock {0x00000108, 0x1}; it must be {0x00000108, "
     "FILE_OPBATCH_BREAK_UNDERWAY}"},
    {"", "FltCreateFile path=\\link flags=IO_STOP_ON_SYMLINK =STATUS_STOPPED_ON_SYMLINK",
     "FltCreateFile stopped on a link and left no status in IoStatusBlock"},
    {"",
     "FltCreateFile path=\\link flags=IO_STOP_ON_SYMLINK =STATUS_STOPPED_ON_SYMLINK "
     "iosb:0x8000002D info:0",
     "FltCreateFile stopped on a link and left no buffer in IoStatusBlock"},
    {"", "ZwCreateFile path= =STATUS_OBJECT_PATH_SYNTAX_BAD iosb:0xC000003B info:0",
     "ZwCreateFile failed and wrote the status to IoStatusBlock"},
    {"failed_iosb=written", "ZwCreateFile path= =STATUS_OBJECT_PATH_SYNTAX_BAD",
     "ZwCreateFile failed and left IoStatusBlock alone"},
    {"", "ZwCreateFile path= =STATUS_OBJECT_PATH_SYNTAX_BAD info:0",
     "ZwCreateFile failed and left something else than the status in IoStatusBlock"},
    {"", "FltCreateFile path= =STATUS_OBJECT_PATH_SYNTAX_BAD handle:0",
     "FltCreateFile failed and cleared its handle output"},
    {"", "FltCreateFile path= =STATUS_OBJECT_PATH_SYNTAX_BAD handle:k1",
     "FltCreateFile failed and wrote something to its handle output"},
    {"failed_outputs=zero", "FltCreateFile path= =STATUS_OBJECT_PATH_SYNTAX_BAD",
     "FltCreateFile failed and left alone its handle output"},
    {"", "irps close:o9", "IRP_MJ_CLOSE for an object that is gone or was never opened"},
    {"", "ZwCreateEvent k1; irps cleanup:o1",
     "IRP_MJ_CLEANUP for an object that is no file object"},
    {"", "ZwClose k9 =0x93:k9:0 !close-real-handle",
     "ZwClose(0xffffffff80000024) = bugcheck INVALID_KERNEL_HANDLE, "
     "allowed: STATUS_INVALID_HANDLE"},
    {"strict", "ZwClose k9 =0x93:k9:0 !close-real-handle",
     "ZwClose stopped the system with 0x93 (0xffffffff80000024, 0x0), allowed: "
     "(0xffffffff80000024, 0x1)"},
    {"", "FltCreateFile k1; FltClose k1",
     "no IRP_MJ_CLEANUP for object 1, its last handle is closed"},
    {"", "ZwCreateEvent k1; ZwDuplicateObject k1 -> k2",
     "ZwDuplicateObject(0xffffffff80000004) = STATUS_SUCCESS, allowed: STATUS_INVALID_PARAMETER"},
    {"", "ExitProcess process=p2 =0x50",
     "ExitProcess(p2) = bugcheck 0x00000050, allowed: STATUS_SUCCESS"},
    {"", "FltOpenVolume k1 instance=i0 object:fill",
     "FltOpenVolume succeeded and handed out no file object"},
    {"", "FltCreateFileEx2 k1 row:o9",
     "FltCreateFileEx2 handed out object 1 with a handle of another object"},
    {"",
     "FltCreateFile k1; ZwDuplicateObject k1 source=p2 target=NULL options=DUPLICATE_CLOSE_SOURCE "
     "cleanup:o1",
     "IRP_MJ_CLEANUP for object 1 in p1, the handle was closed in p2"},
    {"", "FltCreateFile k1; FltClose k1",
     "no IRP_MJ_CLEANUP for object 1, its last handle is closed"},
    {"", "AttachInstance instance=i1 =0x50",
     "AttachInstance() = bugcheck 0x00000050, allowed: STATUS_SUCCESS"},
    {"", "FltCreateFile k1 fail=STATUS_ACCESS_DENIED",
     "FltCreateFile(\"\\a\") = STATUS_SUCCESS, allowed: STATUS_ACCESS_DENIED"},
    {"", "FltCreateFile k1; FltCreateFile k2; ObReferenceObjectByHandle k1 o2",
     "ObReferenceObjectByHandle handed out object 2, the handle is object 1's"},
};

static void test_violations_in_words(void **state) {
    struct flt_contract *contract = *state;
    for (size_t i = 0; i < ENTRIES(texts); i++) {
        struct script s;
        script_run(&s, contract, texts[i].switches, texts[i].script);
        assert_string_equal(s.violation.what, texts[i].what);
    }
}

static void test_the_first_violation_stays(void **state) {
    struct flt_contract *contract = *state;
    struct flt_violation violation = {FLT_RULE_irp_close_once, "kept"};
    const struct flt_event event = {FLT_EVENT_CLOSE, FLT_PROCESS_P1, 0x1000};
    flt_contract_event(contract, &event, &violation);
    assert_int_equal(violation.rule, FLT_RULE_irp_close_once);
    assert_string_equal(violation.what, "kept");
}

/* A path longer than a violation's line is cut, not written past its end. */
static void test_long_paths_are_cut(void **state) {
    struct flt_contract *contract = *state;
    static uint16_t path[4000];
    struct flt_call call;
    struct flt_prediction prediction;
    struct flt_violation violation = {FLT_RULE_NONE, ""};
    const struct flt_outcome outcome = {.status = (uint32_t)STATUS_SUCCESS};
    static const uint16_t start[] = {u'\\', u' ', u'~', 0x7F, 0x1F, 0x4E00};
    for (size_t i = 0; i < ENTRIES(path); i++)
        path[i] = i < ENTRIES(start) ? start[i] : u'x';
    flt_call_init(&call, FLT_OP_FltCreateFile);
    call.path = path;
    call.path_length = ENTRIES(path);
    flt_contract_predict(contract, &call, &prediction);
    flt_contract_observe(contract, &call, &prediction, &outcome, &violation);
    assert_int_equal(violation.rule, FLT_RULE_open_missing);
    assert_string_equal(violation.what,
                        "FltCreateFile(\"\\ ~???xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\") = "
                        "STATUS_SUCCESS, allowed: STATUS_OBJECT_NAME_NOT_FOUND");
}

/* ---- the state as a view --------------------------------------------------------------------- */

static void expect_handle(const struct flt_contract *contract, uint8_t table,
                          struct flt_handle_row expected) {
    const struct flt_view view = flt_contract_view(contract);
    struct flt_handle_row row;
    assert_true(view.ops->find_handle(view.self, table, expected.value, &row));
    assert_int_equal(row.value, expected.value);
    assert_int_equal(row.token, expected.token);
    assert_int_equal(row.access, expected.access);
    assert_int_equal(row.table, table);
    assert_int_equal(row.type, expected.type);
    assert_int_equal(row.flags, expected.flags);
}

static void test_view_of_handles(void **state) {
    struct flt_contract *contract = *state;
    struct script s;
    run_clean(&s, contract,
              "FltCreateFile k1; FltCreateFile u1 access=GENERIC_ALL attributes=OBJ_INHERIT "
              "!kernel-handle-outside-system; ZwCreateEvent k2 access=GENERIC_WRITE; "
              "FltCreateFile k3 access=0x80010000; FltCreateFile k4 access=MAXIMUM_ALLOWED; "
              "ZwCreateFile k5 access=GENERIC_EXECUTE; ZwCreateFile k6 access=GENERIC_WRITE; "
              "ZwCreateEvent k7 access=0x80000000; ZwCreateEvent k8 access=0xA0000000; "
              "ZwCreateEvent k9 access=MAXIMUM_ALLOWED; ZwClose k7");
    const struct {
        uint64_t value;
        uint32_t access;
        uint8_t table, type, flags;
        uint64_t object;
    } rows[] = {
        {script_kernel_handle(1), 0x00120089, 0, FLT_TYPE_FILE, 0, 1},
        {4, 0x001F01FF, FLT_PROCESS_P1, FLT_TYPE_FILE, FLT_HANDLE_INHERIT, 2},
        {script_kernel_handle(2), 0x00020002, 0, FLT_TYPE_EVENT, 0, 3},
        {script_kernel_handle(3), 0x00130089, 0, FLT_TYPE_FILE, 0, 4},
        {script_kernel_handle(4), 0x001F01FF, 0, FLT_TYPE_FILE, 0, 5},
        {script_kernel_handle(5), 0x001200A0, 0, FLT_TYPE_FILE, 0, 6},
        {script_kernel_handle(6), 0x00120116, 0, FLT_TYPE_FILE, 0, 7},
        {script_kernel_handle(8), 0x00120001, 0, FLT_TYPE_EVENT, 0, 9},
        {script_kernel_handle(9), 0x001F0003, 0, FLT_TYPE_EVENT, 0, 10},
    };
    for (size_t i = 0; i < ENTRIES(rows); i++)
        expect_handle(contract, rows[i].table,
                      (struct flt_handle_row){.value = rows[i].value,
                                              .token = script_object(rows[i].object),
                                              .access = rows[i].access,
                                              .type = rows[i].type,
                                              .flags = rows[i].flags});
    const struct flt_view view = flt_contract_view(contract);
    struct flt_handle_row row;
    assert_false(view.ops->find_handle(view.self, FLT_TABLE_KERNEL, script_kernel_handle(7), &row));
    assert_false(view.ops->find_handle(view.self, FLT_PROCESS_P2, 4, &row));
    /* A value with stray bits is not taken for the handle 4 of p1. */
    for (uint64_t bits = 1; bits < 4; bits++)
        assert_false(view.ops->find_handle(view.self, FLT_PROCESS_P2, 4 ^ bits << 40, &row));
    assert_false(view.ops->find_handle(view.self, FLT_PROCESS_P1, 4 ^ UINT64_C(1) << 40, &row));
    assert_int_equal(totals_of(contract).handles, ENTRIES(rows));
    size_t cursor = 0, seen = 0, got;
    struct flt_handle_row some[4];
    while ((got = view.ops->handles(view.self, &cursor, some, ENTRIES(some))) > 0)
        seen += got;
    assert_int_equal(seen, ENTRIES(rows));
}

static void test_view_of_duplicates(void **state) {
    struct flt_contract *contract = *state;
    struct script s;
    run_clean(
        &s, contract,
        "FltCreateFile k1; "
        "ZwDuplicateObject k1 -> k2 target=System access=GENERIC_WRITE attributes=OBJ_INHERIT "
        "options=0; "
        "ZwSetInformationObject k2 "
        "handle_flags=HANDLE_FLAG_INHERIT|HANDLE_FLAG_PROTECT_FROM_CLOSE; "
        "ZwDuplicateObject k2 -> u1 target=p2 attributes=0 options=DUPLICATE_SAME_ATTRIBUTES; "
        "ZwDuplicateObject k2 -> u1 attributes=OBJ_INHERIT; ObReferenceObjectByHandle k1 o1; "
        "ObOpenObjectByPointer o1 k3 access=GENERIC_EXECUTE "
        "attributes=OBJ_KERNEL_HANDLE|OBJ_INHERIT; "
        "ZwDuplicateObject k3 target=System null:handle value:k4; FltOpenVolume k5 instance=i0 "
        "null:object; "
        "ZwCreateSection k6 access=GENERIC_READ|GENERIC_EXECUTE; ZwCreateSection k7 "
        "access=MAXIMUM_ALLOWED; "
        "ZwOpenKey k8 access=GENERIC_WRITE; ZwOpenKey k9 access=GENERIC_ALL; ZwOpenKey k10");
    const uint8_t both = FLT_HANDLE_INHERIT | FLT_HANDLE_PROTECT;
    const struct {
        uint64_t value;
        uint32_t access;
        uint8_t table, type, flags;
        uint64_t object;
    } rows[] = {
        {script_kernel_handle(1), 0x00120089, 0, FLT_TYPE_FILE, 0, 1},
        {script_kernel_handle(2), 0x00120116, 0, FLT_TYPE_FILE, both, 1},
        {4, 0x00120089, FLT_PROCESS_P2, FLT_TYPE_FILE, both, 1},
        {4, 0x00120116, FLT_PROCESS_P1, FLT_TYPE_FILE, FLT_HANDLE_INHERIT, 1},
        {script_kernel_handle(3), 0x001200A0, 0, FLT_TYPE_FILE, FLT_HANDLE_INHERIT, 1},
        {script_kernel_handle(4), 0x001200A0, 0, FLT_TYPE_FILE, 0, 1},
        {script_kernel_handle(5), 0x00100080, 0, FLT_TYPE_FILE, 0, 9},
        {script_kernel_handle(6), 0x0002000D, 0, FLT_TYPE_SECTION, 0, 10},
        {script_kernel_handle(7), 0x000F001F, 0, FLT_TYPE_SECTION, 0, 11},
        {script_kernel_handle(8), 0x00020006, 0, FLT_TYPE_KEY, 0, 12},
        {script_kernel_handle(9), 0x000F003F, 0, FLT_TYPE_KEY, 0, 13},
        {script_kernel_handle(10), 0x00020019, 0, FLT_TYPE_KEY, 0, 14},
    };
    for (size_t i = 0; i < ENTRIES(rows); i++)
        expect_handle(contract, rows[i].table,
                      (struct flt_handle_row){.value = rows[i].value,
                                              .token = script_object(rows[i].object),
                                              .access = rows[i].access,
                                              .type = rows[i].type,
                                              .flags = rows[i].flags});
    assert_int_equal(totals_of(contract).handles, ENTRIES(rows));
    expect_object(contract, (struct flt_object_row){.token = script_object(1),
                                                    .handles = 6,
                                                    .references = 1,
                                                    .type = FLT_TYPE_FILE});
}

/* What closes handles besides their closes. */
static void test_view_after_run_down(void **state) {
    struct flt_contract *contract = *state;
    const struct flt_view view = flt_contract_view(contract);
    struct flt_handle_row row;
    struct script s;
    run_clean(&s, contract,
              "ZwCreateEvent u1 " IN_P1
              "; ZwCreateEvent k1; " PROTECT(u1) "ZwCreateEvent u2 " IN_P1
                                                 "; RunIn process=p2; ZwCreateEvent u1 " IN_P1
                                                 "; ExitProcess process=p1");
    assert_int_equal(totals_of(contract).handles, 2);
    assert_true(view.ops->find_handle(view.self, FLT_PROCESS_P2, 4, &row));
    assert_true(view.ops->find_handle(view.self, FLT_TABLE_KERNEL, script_kernel_handle(1), &row));

    run_clean(&s, contract,
              "ZwCreateEvent k1; ZwDuplicateObject k1 -> k2 target=System "
              "options=DUPLICATE_CLOSE_SOURCE");
    assert_int_equal(totals_of(contract).handles, 1);
    assert_true(view.ops->find_handle(view.self, FLT_TABLE_KERNEL, script_kernel_handle(2), &row));
    run_clean(&s, contract,
              "ZwCreateEvent k1; ZwDuplicateObject k1 options=DUPLICATE_CLOSE_SOURCE "
              "=STATUS_INVALID_PARAMETER");
    assert_int_equal(totals_of(contract).handles, 0);
    run_clean(
        &s, contract,
        "ZwCreateEvent k1; " PROTECT(
            k1) "ZwDuplicateObject k1 options=DUPLICATE_CLOSE_SOURCE =STATUS_INVALID_PARAMETER");
    assert_int_equal(totals_of(contract).handles, 1);
}

static void test_values_are_asked_for_once(void **state) {
    struct flt_contract *contract = *state;
    struct script s;
    uint8_t table;
    uint64_t token;
    run_clean(&s, contract, "ZwCreateEvent k1; ZwDuplicateObject k1 -> u1 attributes=0");
    assert_false(flt_contract_needs_value(contract, &table, &token));
    run_clean(&s, contract,
              "ZwCreateEvent k1; ZwDuplicateObject k1 target=p2 attributes=0 null:handle");
    assert_true(flt_contract_needs_value(contract, &table, &token));
    assert_int_equal(table, FLT_PROCESS_P2);
    assert_int_equal(token, script_object(1));
    flt_contract_bind_value(contract, 8, &s.violation);
    assert_int_equal(s.violation.rule, FLT_RULE_NONE);
    assert_false(flt_contract_needs_value(contract, &table, &token));
    flt_contract_bind_value(contract, 12, &s.violation);
    struct flt_handle_row row;
    const struct flt_view view = flt_contract_view(contract);
    assert_true(view.ops->find_handle(view.self, FLT_PROCESS_P2, 8, &row));
    assert_false(view.ops->find_handle(view.self, FLT_PROCESS_P2, 12, &row));
    /* One that is closed before its value shows is asked for no more. */
    run_clean(&s, contract,
              "ZwCreateEvent k1; ZwDuplicateObject k1 target=p2 attributes=0 null:handle; "
              "ExitProcess process=p2");
    assert_false(flt_contract_needs_value(contract, &table, &token));
}

/* A failing duplication is alone in that it may change something. */
static void test_which_failures_change_something(void **state) {
    struct flt_contract *contract = *state;
    for (const uint8_t *op = flt_opcodes; *op != FLT_OP_NONE; op++) {
        struct flt_call call;
        flt_call_init(&call, *op);
        assert_false(flt_contract_failure_may_change(contract, &call));
        call.arg[FLT_ARG_options] = DUPLICATE_CLOSE_SOURCE | DUPLICATE_SAME_ACCESS;
        assert_int_equal(flt_contract_failure_may_change(contract, &call),
                         *op == FLT_OP_ZwDuplicateObject);
    }
}

static void test_view_of_objects(void **state) {
    struct flt_contract *contract = *state;
    const struct flt_view view = flt_contract_view(contract);
    struct flt_object_row row = {.token = script_object(1), .type = FLT_TYPE_FILE};
    struct script s;

    run_clean(&s, contract, "FltCreateFileEx k1; ObReferenceObjectByHandle k1 o1");
    row.handles = 1;
    row.references = 2;
    expect_object(contract, row);
    struct flt_object_row listed[2];
    size_t cursor = 0;
    assert_int_equal(view.ops->objects(view.self, &cursor, listed, ENTRIES(listed)), 1);
    assert_int_equal(listed[0].token, row.token);
    assert_int_equal(listed[0].references, 2);
    assert_int_equal(view.ops->objects(view.self, &cursor, listed, ENTRIES(listed)), 0);

    /* One that an IRP showed and no open has taken yet is no row. */
    const struct flt_event create = {FLT_EVENT_CREATE, FLT_PROCESS_P1, script_object(5)};
    flt_contract_event(contract, &create, &s.violation);
    assert_false(view.ops->find_object(view.self, create.token, listed));
    assert_int_equal(totals_of(contract).objects, 1);

    run_clean(&s, contract, "FltCreateFileEx k1; FltClose k1 cleanup:o1");
    row.handles = 0;
    row.references = 1;
    row.phase = FLT_PHASE_CLEANED;
    expect_object(contract, row);

    /* The system puts off IRP_MJ_CLOSE: the object is still there. */
    run_clean(&s, contract, "FltCreateFile k1; FltClose k1 cleanup:o1");
    row.references = 0;
    expect_object(contract, row);
    assert_int_equal(totals_of(contract).objects, 1);

    run_clean(&s, contract, "FltCreateFile k1; FltClose k1 " GONE(o1));
    assert_false(view.ops->find_object(view.self, row.token, &row));
    assert_int_equal(totals_of(contract).objects, 0);

    /* An event gets no IRPs: it is in use until it is gone. */
    run_clean(&s, contract, "ZwCreateEvent k1; ObReferenceObjectByHandle k1 o1; ZwClose k1");
    row =
        (struct flt_object_row){.token = script_object(1), .references = 1, .type = FLT_TYPE_EVENT};
    expect_object(contract, row);
    run_clean(
        &s, contract,
        "ZwCreateEvent k1; ObReferenceObjectByHandle k1 o1; ZwClose k1; ObDereferenceObject o1");
    cursor = 0;
    assert_int_equal(view.ops->objects(view.self, &cursor, &row, 1), 0);
}

static void test_object_numbers(void **state) {
    struct flt_contract *contract = *state;
    struct script s;
    run_clean(
        &s, contract,
        "FltCreateFile k1 o7; ZwCreateEvent k2 o5; FltCreateFile k3 o6; FltClose k1 " GONE(o7));
    assert_int_equal(flt_contract_object_number(contract, script_object(7)), 0);
    assert_int_equal(flt_contract_object_number(contract, script_object(5)), 2);
    assert_int_equal(flt_contract_object_number(contract, script_object(6)), 3);
    run_clean(&s, contract, "FltCreateFile k1 o7; FltClose k1 " GONE(o7) "; FltCreateFile k1 o7");
    assert_int_equal(flt_contract_object_number(contract, script_object(7)), 2);
}

static void test_tokens_are_asked_for_once(void **state) {
    struct flt_contract *contract = *state;
    struct script s;
    uint8_t table;
    uint64_t value;
    assert_false(flt_contract_needs_token(contract, &table, &value));
    run_clean(&s, contract, "FltCreateFile k3 row:none");
    assert_true(flt_contract_needs_token(contract, &table, &value));
    assert_int_equal(table, FLT_TABLE_KERNEL);
    assert_int_equal(value, script_kernel_handle(3));
    flt_contract_bind(contract, table, value, script_object(1), &s.violation);
    assert_false(flt_contract_needs_token(contract, &table, &value));
    /* What is settled stays: that a row names another object is for the comparison to say. */
    flt_contract_bind(contract, FLT_TABLE_KERNEL, script_kernel_handle(3), script_object(2),
                      &s.violation);
    flt_contract_bind(contract, FLT_TABLE_KERNEL, script_kernel_handle(9), script_object(2),
                      &s.violation);
    assert_int_equal(s.violation.rule, FLT_RULE_NONE);
    run_clean(&s, contract, "ZwCreateEvent k3 row:none; ZwClose k3");
    assert_false(flt_contract_needs_token(contract, &table, &value));
    flt_contract_bind(contract, FLT_TABLE_KERNEL, script_kernel_handle(3), 0, &s.violation);
    assert_int_equal(s.violation.rule, FLT_RULE_NONE);
}

/* ---- the state over time --------------------------------------------------------------------- */

/* After `before` and a reset the contract is at its start again: `after` runs as the first script.
 */
static void check_reset(struct flt_contract *contract, const char *before, const char *after) {
    struct script s;
    run_clean(&s, contract, before);
    assert_int_equal(flt_contract_process(contract, 0), FLT_PROCESS_P2);
    const uint64_t generation = flt_contract_generation(contract);
    run_clean(&s, contract, after);
    assert_true(flt_contract_generation(contract) > generation);
    assert_int_equal(flt_contract_process(contract, 0), FLT_PROCESS_P1);
    assert_int_equal(totals_of(contract).objects, 0);
}

static void test_reset_forgets(void **state) {
    check_reset(
        *state,
        "FltCreateFileEx k1 @0 #0; FltClose @0 cleanup:o1; ZwCreateEvent k2; RunIn process=p2; "
        "ObReferenceObjectByHandle k9 @1 #1 " BAD " !use-real-handle; "
        "FltCreateFile path= @1 =STATUS_OBJECT_PATH_SYNTAX_BAD; KeRaiseIrql irql=2",
        "ZwClose k1 " BAD " !close-real-handle; ZwClose k2 " BAD " !close-real-handle; "
        "FltClose @1 " BAD " !close-real-handle; ObDereferenceObject #0 o1 =withheld !object-live; "
        "ObDereferenceObject #1 o1 =withheld !object-live; FltCreateFileEx k1 o9; "
        "ObDereferenceObject #0 o9; FltClose k1 " GONE(o9) "; end");
    check_reset(
        *state,
        "FltCreateFileEx k1 @0 #0; FltClose @0 cleanup:o1; ZwCreateEvent k2; RunIn process=p2; "
        "ZwDuplicateObject k2 target=p2 attributes=0 null:handle; SetPreviousMode mode=UserMode; "
        "IoSetTopLevelIrp irp=1 !no-top-level-irp; KeEnterGuardedRegion; "
        "KeStackAttachProcess process=p2; ExitProcess process=p1; KeRaiseIrql irql=2",
        "ZwClose k1 " BAD " !close-real-handle; ZwClose k2 " BAD " !close-real-handle; "
        "ObDereferenceObject #0 o1 =withheld !object-live; ZwCreateEvent k1; "
        "ZwDuplicateObject k1 -> k2 target=System; NtClose k1; ZwClose k2; FltCreateFile k1; "
        "FltClose k1 " GONE(o8) "; end");
    check_reset(
        *state,
        F1 "AttachInstance instance=i1 filter=f1; TeardownStart instance=i0; "
           "FltCreateFile k1 filter=f1 instance=i1; FltUnregisterFilter; "
           "UnloadFilter filter=f1; RunIn process=p2",
        "FltOpenVolume k1 instance=i0 null:object; FltClose k1 " GONE(
            o1) "; FltCreateFile filter=f1 =withheld !filter-live; AttachInstance instance=i1; " F1
                "FltCreateFile k1 filter=f1; FltClose k1 " GONE(o7) "; end");
}

/* Whoever withholds a call says so; it is then as if it had not been. */
static void test_withheld_changes_nothing(void **state) {
    struct flt_contract *contract = *state;
    struct script s;
    run_clean(&s, contract, "FltCreateFile k1");
    struct flt_call call;
    struct flt_prediction prediction;
    const struct flt_outcome outcome = {.kind = FLT_WITHHELD};
    const uint64_t generation = flt_contract_generation(contract);
    flt_call_init(&call, FLT_OP_FltClose);
    call.arg[FLT_ARG_handle] = script_kernel_handle(1);
    flt_contract_predict(contract, &call, &prediction);
    flt_contract_observe(contract, &call, &prediction, &outcome, &s.violation);
    assert_int_equal(s.violation.rule, FLT_RULE_NONE);
    assert_int_equal(flt_contract_generation(contract), generation);
    assert_int_equal(totals_of(contract).handles, 1);
}

static void test_predicting_changes_nothing(void **state) {
    struct flt_contract *contract = *state;
    struct script s;
    run_clean(&s, contract, "FltCreateFile k1; ZwCreateEvent k2");
    const uint64_t generation = flt_contract_generation(contract);
    struct flt_prediction prediction;
    for (const uint8_t *op = flt_opcodes; *op != FLT_OP_NONE; op++) {
        struct flt_call call;
        flt_call_init(&call, *op);
        flt_contract_predict(contract, &call, &prediction);
        assert_int_equal(prediction.generation, generation);
    }
    assert_int_equal(flt_contract_generation(contract), generation);
    assert_int_equal(totals_of(contract).handles, 2);
}

/* An opcode that calls.def does not have is none of the contract's business. */
static void test_unknown_opcodes_are_let_be(void **state) {
    struct flt_contract *contract = *state;
    struct flt_call call;
    struct flt_prediction prediction;
    struct flt_violation violation = {FLT_RULE_NONE, ""};
    const struct flt_outcome outcome = {.kind = FLT_RETURNED};
    flt_call_init(&call, 0xFF);
    flt_contract_predict(contract, &call, &prediction);
    assert_int_equal(prediction.clauses, 0);
    flt_contract_observe(contract, &call, &prediction, &outcome, &violation);
    assert_int_equal(violation.rule, FLT_RULE_NONE);
}

static void observe_event(struct flt_contract *contract, uint64_t value, uint8_t opcode) {
    struct flt_call call;
    struct flt_prediction prediction;
    struct flt_outcome outcome = {.kind = FLT_RETURNED};
    struct flt_violation violation = {FLT_RULE_NONE, ""};
    flt_call_init(&call, opcode);
    call.fill = SCRIPT_FILL;
    call.arg[FLT_ARG_handle] = value;
    outcome.out[FLT_RESULT_handle] = value;
    flt_contract_predict(contract, &call, &prediction);
    flt_contract_observe(contract, &call, &prediction, &outcome, &violation);
    assert_int_equal(violation.rule, FLT_RULE_NONE);
}

static void test_a_million_live_handles(void **state) {
    enum { MANY = 1000000 };
    struct flt_contract *contract = *state;
    struct flt_switches switches;
    flt_switches_from_profile(&switches, FLT_PROFILE_documented);
    for (uint64_t i = 1; i <= MANY; i++)
        observe_event(contract, script_kernel_handle(i), FLT_OP_ZwCreateEvent);
    assert_int_equal(totals_of(contract).handles, MANY);
    struct flt_leak leak;
    assert_true(flt_contract_leak(contract, MANY - 1, &leak));
    assert_false(flt_contract_leak(contract, MANY, &leak));
    for (uint64_t i = 1; i <= MANY; i++)
        observe_event(contract, script_kernel_handle(i), FLT_OP_ZwClose);
    assert_int_equal(totals_of(contract).handles, 0);
    assert_int_equal(totals_of(contract).objects, 0);
    assert_false(flt_contract_leak(contract, 0, &leak));
    flt_contract_reset(contract, &switches);
    observe_event(contract, script_kernel_handle(1), FLT_OP_ZwCreateEvent);
}

/* ---- filters and instances as the view shows them -------------------------------------------- */

/* "s- a0 -- t1": each filter (-, r, s), then each instance: its state (-, a, t) and its filter. */
static void write_world(const struct flt_filter_rows *world, char text[16]) {
    char *to = text;
    for (int i = 1; i < FLT_FILTER_COUNT; i++)
        *to++ = "-rs"[world->filter[i]];
    for (int i = 1; i < FLT_INSTANCE_COUNT; i++) {
        *to++ = ' ';
        *to++ = "-at"[world->instance[i].state];
        *to++ = "-01"[world->instance[i].filter];
    }
    *to = '\0';
}

static const struct {
    const char *script, *world;
} worlds[] = {
    {"", "s- a0 -- --"},
    {"FltRegisterFilter filter=f1", "sr a0 -- --"},
    {F1, "ss a0 -- --"},
    {F1 "AttachInstance instance=i1 filter=f1; AttachInstance instance=i2", "ss a0 a1 a0"},
    {"FltUnregisterFilter", "-- -- -- --"},
    {"FltUnregisterFilter; FltRegisterFilter", "r- -- -- --"},
    {F1 "AttachInstance instance=i1 filter=f1; TeardownStart instance=i1; "
        "AttachInstance instance=i2 filter=f1; FltUnregisterFilter filter=f1",
     "s- a0 -- --"},
    {"FltUnregisterFilter { FltUnregisterFilter }", "-- -- -- --"},
    /* What does not fit changes nothing. */
    {"AttachInstance instance=i1 filter=f1", "s- a0 -- --"},
    {"AttachInstance instance=i1 filter=NULL; AttachInstance instance=NULL", "s- a0 -- --"},
    {"FltRegisterFilter filter=f1; AttachInstance instance=i1 filter=f1", "sr a0 -- --"},
    {F1 "AttachInstance instance=i0 filter=f1", "ss a0 -- --"},
    {"UnloadFilter; AttachInstance instance=i1", "s- a0 -- --"},
    {"TeardownStart instance=i1; TeardownStart", "s- a0 -- --"},
    {"TeardownComplete instance=i0; TeardownComplete", "s- a0 -- --"},
    {"TeardownStart instance=i0; TeardownStart instance=i0; AttachInstance instance=i0",
     "s- t0 -- --"},
    {"TeardownStart instance=i0; TeardownComplete instance=i0", "s- -- -- --"},
    {"TeardownStart instance=i0; TeardownComplete instance=i0; AttachInstance instance=i0",
     "s- a0 -- --"},
    {"UnloadFilter", "s- a0 -- --"},
    {"UnloadComplete; UnloadFilter filter=NULL; UnloadComplete filter=NULL", "s- a0 -- --"},
    {"UnloadFilter; UnloadComplete !unregister-before-unload", "-- -- -- --"},
    {"UnloadFilter; UnloadComplete answer=STATUS_FLT_DO_NOT_DETACH", "s- a0 -- --"},
    {"UnloadFilter; UnloadComplete answer=STATUS_FLT_DO_NOT_DETACH; AttachInstance instance=i1",
     "s- a0 a0 --"},
    {"UnloadFilter; UnloadComplete answer=STATUS_FLT_DO_NOT_DETACH; UnloadComplete", "s- a0 -- --"},
    {"UnloadFilter unload=mandatory; UnloadComplete answer=STATUS_FLT_DO_NOT_DETACH "
     "!unregister-before-unload",
     "-- -- -- --"},
    {"UnloadFilter; FltUnregisterFilter; FltRegisterFilter; FltStartFiltering; AttachInstance "
     "instance=i0; UnloadComplete answer=STATUS_FLT_DO_NOT_DETACH; AttachInstance instance=i1",
     "s- -- a0 --"},
    {"UnloadFilter filter=f1; " F1 "AttachInstance instance=i1 filter=f1", "ss a0 a1 --"},
    /* Failed calls. */
    {"FltRegisterFilter filter=f1 fail_step=1 " FULL, "s- a0 -- --"},
    {"FltRegisterFilter filter=f1; FltStartFiltering filter=f1 fail=STATUS_INSUFFICIENT_RESOURCES "
     "fail_step=1 " FULL,
     "sr a0 -- --"},
    {"FltRegisterFilter " TAKEN "; FltStartFiltering =STATUS_INVALID_PARAMETER", "s- a0 -- --"},
};

static void test_view_of_filters(void **state) {
    struct flt_contract *contract = *state;
    for (size_t i = 0; i < ENTRIES(worlds); i++) {
        struct script s;
        char text[16];
        run_clean(&s, contract, worlds[i].script);
        const struct flt_totals totals = totals_of(contract);
        assert_true(totals.shows_filters);
        assert_int_equal(totals.world.filter[FLT_FILTER_NULL], FLT_FILTER_GONE);
        assert_int_equal(totals.world.instance[FLT_INSTANCE_NULL].state, FLT_INSTANCE_GONE);
        assert_int_equal(totals.world.instance[FLT_INSTANCE_NULL].filter, FLT_FILTER_NULL);
        write_world(&totals.world, text);
        if (strcmp(text, worlds[i].world) != 0)
            script_fail(&s, "the world is %s, expected: %s", text, worlds[i].world);
    }
}

/* Both ways to the sums: as kept, and by walking the rows while some are not settled. */
static void test_sums_of_filters(void **state) {
    struct flt_contract *contract = *state;
    const struct flt_view view = flt_contract_view(contract);
    struct flt_sums sums;
    struct script s;
    run_clean(&s, contract, "TeardownStart instance=i0");
    const struct flt_totals totals = totals_of(contract);
    view.ops->sums(view.self, &sums);
    assert_int_equal(sums.filters, flt_filters_sum(&totals.world));
    observe_event(contract, script_kernel_handle(1), FLT_OP_ZwCreateEvent);
    assert_true(contract->changed.count > 0);
    view.ops->sums(view.self, &sums);
    assert_int_equal(sums.filters, flt_filters_sum(&totals.world));
}

/* However long a run is, the records are as many as there ever were things at a time. */
static void test_records_are_used_again(void **state) {
    struct flt_contract *contract = *state;
    const char *const life =
        "FltCreateFileEx k%d o%d; ObReferenceObjectByHandle k%d o%d; FltClose k%d "
        "cleanup:o%d; ObDereferenceObject o%d; ObDereferenceObject o%d close:o%d; ";
    char text[2048] = "";
    for (int i = 1; i <= 8; i++) {
        const int k = i % 2 + 1;
        const size_t length = strlen(text);
        snprintf(text + length, sizeof text - length, life, k, i, k, i, k, i, i, i, i);
    }
    struct script s;
    run_clean(&s, contract, text);
    assert_int_equal(contract->handles, 2);
    assert_int_equal(contract->objects, 1);
    assert_int_equal(contract->takes, 2);
    assert_int_equal(contract->touched.count, 0);
    assert_int_equal(contract->token_index.count, 0);
    assert_int_equal(contract->acts->count, 0);
    run_clean(&s, contract, "FltCreateFileEx k1");
    observe_event(contract, script_kernel_handle(2), FLT_OP_ZwCreateEvent);
    observe_event(contract, script_kernel_handle(2), FLT_OP_ZwClose);
    for (int i = 0; i < 100; i++)
        flt_touch(contract, 0);
    assert_true(contract->touched.count <= 2);
}

/* ---- sets ------------------------------------------------------------------------------------ */

static void test_sets_of_outcomes(void **state) {
    (void)state;
    struct flt_allowed set = {.count = 1, .kind = {FLT_BUGCHECK}, .code = {0x93}};
    const struct flt_outcome status = {.kind = FLT_RETURNED, .status = 0x93};
    const struct flt_outcome stop = {.kind = FLT_BUGCHECK, .status = 0x93};
    const struct flt_outcome other = {.kind = FLT_BUGCHECK, .status = 0x94};
    assert_false(flt_allows(&set, &status));
    assert_true(flt_allows(&set, &stop));
    assert_false(flt_allows(&set, &other));
    set.every = 1u << FLT_RETURNED;
    assert_true(flt_allows(&set, &status));
    assert_false(flt_allows(&set, &other));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_provider_rules),
        TEST(test_caller_rules),
        TEST(test_every_rule_has_its_cases),
        TEST(test_every_call_has_its_irql_rule),
        TEST(test_violations_in_words),
        TEST(test_the_first_violation_stays),
        TEST(test_long_paths_are_cut),
        TEST(test_view_of_handles),
        TEST(test_view_of_duplicates),
        TEST(test_view_after_run_down),
        TEST(test_values_are_asked_for_once),
        TEST(test_which_failures_change_something),
        TEST(test_view_of_objects),
        TEST(test_object_numbers),
        TEST(test_tokens_are_asked_for_once),
        TEST(test_reset_forgets),
        TEST(test_withheld_changes_nothing),
        TEST(test_predicting_changes_nothing),
        TEST(test_unknown_opcodes_are_let_be),
        TEST(test_a_million_live_handles),
        TEST(test_view_of_filters),
        TEST(test_sums_of_filters),
        TEST(test_records_are_used_again),
        TEST(test_sets_of_outcomes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
