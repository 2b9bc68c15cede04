using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Unkey.Server.Events.Sqlite.Segments;

/// <summary>What SQLite calls to read a table of raw events. No exception leaves a callback: it becomes a result code and a message of the statement.</summary>
/// <remarks>
/// The tables are eponymous: they are there as soon as their module is registered, under its name, and stand in no schema. SQLite calls on the thread of its connection.
/// Objects of ours are reached by handles in the structures that SQLite keeps, and freed when it says that it needs the structure no more.
/// </remarks>
internal static unsafe class SqliteModule
{
    private static readonly SqliteModuleApi.Module* s_module = Make();

    /// <summary>Registers the module of a table with a connection; it is freed when the connection closes.</summary>
    /// <exception cref="SqliteException">It failed.</exception>
    public static void Register(SegmentReading reading, SegmentTable table)
    {
        nint database = reading.Connection.Handle!.DangerousGetHandle();
        nint state = GCHandle.ToIntPtr(GCHandle.Alloc(new SegmentTableState(reading, table)));
        fixed (byte* name = Encoding.UTF8.GetBytes(table.Name + "\0"))
        {
            // SQLite frees the state also when it fails.
            int result = SqliteModuleApi.CreateModule(database, name, s_module, state, &Free);
            if (result != raw.SQLITE_OK)
            {
                throw new SqliteException($"The table {table.Name} cannot be read.", result);
            }
        }
    }

    // For the life of the process, since connections close at any time.
    private static SqliteModuleApi.Module* Make()
    {
        SqliteModuleApi.Module* module = (SqliteModuleApi.Module*)NativeMemory.AllocZeroed((nuint)sizeof(SqliteModuleApi.Module));
        module->Version = 1;
        module->Connect = &Connect;
        module->BestIndex = &BestIndex;
        module->Disconnect = &Disconnect;
        module->Open = &Open;
        module->Close = &Close;
        module->Filter = &Filter;
        module->Next = &Next;
        module->Eof = &Eof;
        module->Column = &Column;
        module->Rowid = &Rowid;
        return module;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Free(nint state) => GCHandle.FromIntPtr(state).Free();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Connect(nint database, nint state, int count, byte** arguments, SqliteModuleApi.Table** made, byte** message)
    {
        try
        {
            SegmentTableState own = (SegmentTableState)GCHandle.FromIntPtr(state).Target!;
            fixed (byte* declaration = Encoding.UTF8.GetBytes(own.Table.Declaration + "\0"))
            {
                int result = SqliteModuleApi.DeclareTable(database, declaration);
                if (result != raw.SQLITE_OK)
                {
                    return result;
                }
            }

            SqliteModuleApi.Table* table = (SqliteModuleApi.Table*)NativeMemory.AllocZeroed((nuint)sizeof(SqliteModuleApi.Table));
            table->State = GCHandle.ToIntPtr(GCHandle.Alloc(own));
            *made = table;
            return raw.SQLITE_OK;
        }
        catch (Exception exception)
        {
            return Failed(exception, message);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Disconnect(SqliteModuleApi.Table* table)
    {
        GCHandle.FromIntPtr(table->State).Free();
        NativeMemory.Free(table);
        return raw.SQLITE_OK;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int BestIndex(SqliteModuleApi.Table* table, SqliteModuleApi.IndexInfo* info)
    {
        try
        {
            SegmentPlan.Choose(info);
            return raw.SQLITE_OK;
        }
        catch (Exception exception)
        {
            return Failed(exception, &table->Message);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Open(SqliteModuleApi.Table* table, SqliteModuleApi.Cursor** made)
    {
        try
        {
            SegmentTableState own = (SegmentTableState)GCHandle.FromIntPtr(table->State).Target!;
            SqliteModuleApi.Cursor* cursor = (SqliteModuleApi.Cursor*)NativeMemory.AllocZeroed((nuint)sizeof(SqliteModuleApi.Cursor));
            cursor->State = GCHandle.ToIntPtr(GCHandle.Alloc(new SegmentCursor(own.Reading, own.Table)));
            *made = cursor;
            return raw.SQLITE_OK;
        }
        catch (Exception exception)
        {
            return Failed(exception, &table->Message);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Close(SqliteModuleApi.Cursor* cursor)
    {
        try
        {
            Of(cursor).Dispose();
            GCHandle.FromIntPtr(cursor->State).Free();
            NativeMemory.Free(cursor);
            return raw.SQLITE_OK;
        }
        catch (Exception exception)
        {
            return Failed(exception, null);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Filter(SqliteModuleApi.Cursor* cursor, int plan, byte* text, int count, nint* arguments)
    {
        try
        {
            Of(cursor).Start(SegmentPlan.Read(plan, new ReadOnlySpan<nint>(arguments, count)));
            return raw.SQLITE_OK;
        }
        catch (Exception exception)
        {
            return Failed(exception, &cursor->Table->Message);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Next(SqliteModuleApi.Cursor* cursor)
    {
        try
        {
            Of(cursor).Next();
            return raw.SQLITE_OK;
        }
        catch (Exception exception)
        {
            return Failed(exception, &cursor->Table->Message);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Eof(SqliteModuleApi.Cursor* cursor) => Of(cursor).IsAtEnd ? 1 : 0;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Column(SqliteModuleApi.Cursor* cursor, nint context, int number)
    {
        try
        {
            Of(cursor).Give(context, number);
            return raw.SQLITE_OK;
        }
        catch (Exception exception)
        {
            return Failed(exception, &cursor->Table->Message);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Rowid(SqliteModuleApi.Cursor* cursor, long* number)
    {
        try
        {
            *number = Of(cursor).RowId;
            return raw.SQLITE_OK;
        }
        catch (Exception exception)
        {
            return Failed(exception, &cursor->Table->Message);
        }
    }

    private static SegmentCursor Of(SqliteModuleApi.Cursor* cursor) => (SegmentCursor)GCHandle.FromIntPtr(cursor->State).Target!;

    /// <summary>The result code of a failure; its message goes where SQLite takes it from and frees it.</summary>
    private static int Failed(Exception exception, byte** message)
    {
        if (message != null)
        {
            SqliteModuleApi.Free(*message);
            byte[] text = Encoding.UTF8.GetBytes(exception.Message);
            byte* copy = (byte*)SqliteModuleApi.Allocate((ulong)text.Length + 1);
            if (copy != null)
            {
                text.CopyTo(new Span<byte>(copy, text.Length));
                copy[text.Length] = 0;
            }

            *message = copy;
        }

        return exception switch
        {
            SegmentDamagedException => SqliteModuleApi.CorruptTable,
            OperationCanceledException => raw.SQLITE_INTERRUPT,
            OutOfMemoryException => raw.SQLITE_NOMEM,
            SqliteException fault => fault.SqliteExtendedErrorCode,
            _ => raw.SQLITE_ERROR,
        };
    }
}

/// <summary>A table on a connection.</summary>
internal sealed record SegmentTableState(SegmentReading Reading, SegmentTable Table);
