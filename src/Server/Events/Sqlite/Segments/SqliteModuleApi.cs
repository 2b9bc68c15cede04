using System.Runtime.InteropServices;

namespace Unkey.Server.Events.Sqlite.Segments;

/// <summary>What of SQLite a virtual table needs beyond the wrapper, and the structures that SQLite shares with it.</summary>
/// <remarks>Source: https://sqlite.org/vtab.html and sqlite3.h; the structures have had these fields in this order since SQLite 3.10.</remarks>
internal static unsafe partial class SqliteModuleApi
{
    /// <summary>SQLITE_CORRUPT_VTAB: SQLITE_CORRUPT, which without this addition would say that the file itself is.</summary>
    internal const int CorruptTable = 11 | (1 << 8);

    /// <summary>SQLITE_INDEX_CONSTRAINT_EQ, and below its siblings.</summary>
    internal const byte IsEqual = 2;
    internal const byte IsGreater = 4;
    internal const byte IsAtMost = 8;
    internal const byte IsLess = 16;
    internal const byte IsAtLeast = 32;

    private const string Library = "e_sqlite3";

    [LibraryImport(Library, EntryPoint = "sqlite3_create_module_v2")]
    internal static partial int CreateModule(nint database, byte* name, Module* module, nint state, delegate* unmanaged[Cdecl]<nint, void> destroy);

    [LibraryImport(Library, EntryPoint = "sqlite3_declare_vtab")]
    internal static partial int DeclareTable(nint database, byte* sql);

    [LibraryImport(Library, EntryPoint = "sqlite3_vtab_collation")]
    internal static partial byte* Collation(IndexInfo* info, int constraint);

    [LibraryImport(Library, EntryPoint = "sqlite3_malloc64")]
    internal static partial void* Allocate(ulong bytes);

    [LibraryImport(Library, EntryPoint = "sqlite3_free")]
    internal static partial void Free(void* memory);

    [LibraryImport(Library, EntryPoint = "sqlite3_value_type")]
    internal static partial int ValueType(nint value);

    [LibraryImport(Library, EntryPoint = "sqlite3_value_int64")]
    internal static partial long ValueInt64(nint value);

    [LibraryImport(Library, EntryPoint = "sqlite3_value_double")]
    internal static partial double ValueDouble(nint value);

    [LibraryImport(Library, EntryPoint = "sqlite3_value_text")]
    internal static partial byte* ValueText(nint value);

    [LibraryImport(Library, EntryPoint = "sqlite3_value_bytes")]
    internal static partial int ValueBytes(nint value);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_value")]
    internal static partial nint ColumnValue(nint statement, int column);

    [LibraryImport(Library, EntryPoint = "sqlite3_result_value")]
    internal static partial void ResultValue(nint context, nint value);

    [LibraryImport(Library, EntryPoint = "sqlite3_result_int64")]
    internal static partial void ResultInt64(nint context, long value);

    [LibraryImport(Library, EntryPoint = "sqlite3_result_double")]
    internal static partial void ResultDouble(nint context, double value);

    [LibraryImport(Library, EntryPoint = "sqlite3_result_text")]
    internal static partial void ResultText(nint context, byte* utf8, int bytes, nint destructor);

    /// <summary>sqlite3_module, version 1: what a table that is only read needs; the rest stays null.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Module
    {
        public int Version;
        public nint Create;
        public delegate* unmanaged[Cdecl]<nint, nint, int, byte**, Table**, byte**, int> Connect;
        public delegate* unmanaged[Cdecl]<Table*, IndexInfo*, int> BestIndex;
        public delegate* unmanaged[Cdecl]<Table*, int> Disconnect;
        public nint Destroy;
        public delegate* unmanaged[Cdecl]<Table*, Cursor**, int> Open;
        public delegate* unmanaged[Cdecl]<Cursor*, int> Close;
        public delegate* unmanaged[Cdecl]<Cursor*, int, byte*, int, nint*, int> Filter;
        public delegate* unmanaged[Cdecl]<Cursor*, int> Next;
        public delegate* unmanaged[Cdecl]<Cursor*, int> Eof;
        public delegate* unmanaged[Cdecl]<Cursor*, nint, int, int> Column;
        public delegate* unmanaged[Cdecl]<Cursor*, long*, int> Rowid;
        public nint Update;
        public nint Begin;
        public nint Sync;
        public nint Commit;
        public nint Rollback;
        public nint FindFunction;
        public nint Rename;
    }

    /// <summary>sqlite3_vtab, and after it what is ours.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Table
    {
        public Module* Module;
        public int References;
        public byte* Message;

        /// <summary>A handle of a <see cref="SegmentTableState"/>.</summary>
        public nint State;
    }

    /// <summary>sqlite3_vtab_cursor, and after it what is ours.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Cursor
    {
        public Table* Table;

        /// <summary>A handle of a <see cref="SegmentCursor"/>.</summary>
        public nint State;
    }

    /// <summary>sqlite3_index_info.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct IndexInfo
    {
        public int ConstraintCount;
        public Constraint* Constraints;
        public int OrderByCount;
        public nint OrderBy;
        public ConstraintUsage* Usage;
        public int Number;
        public byte* Text;
        public int NeedToFreeText;
        public int OrderByConsumed;
        public double EstimatedCost;
        public long EstimatedRows;
        public int Flags;
        public ulong ColumnsUsed;
    }

    /// <summary>sqlite3_index_constraint.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Constraint
    {
        public int Column;
        public byte Operator;
        public byte Usable;
        public int TermOffset;
    }

    /// <summary>sqlite3_index_constraint_usage.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ConstraintUsage
    {
        public int Argument;
        public byte Omit;
    }
}
