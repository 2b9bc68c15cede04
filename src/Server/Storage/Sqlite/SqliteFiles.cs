using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;
using Unkey.Server.Hosting;

namespace Unkey.Server.Storage.Sqlite;

/// <summary>SQLite's own access to files, with a breath after each write: a commit or a checkpoint is thousands of them in one call.</summary>
/// <remarks>
/// A file system of the name <c>unkey</c> that opens files by the one SQLite would have taken, and puts its own write function into their table of functions. Source:
/// https://sqlite.org/vfs.html and sqlite3.h, whose structures have had these fields in this order since SQLite 3.7.17.
/// </remarks>
internal static unsafe partial class SqliteFiles
{
    private const string Library = "e_sqlite3";
    private const int MethodsVersion = 3;

    private static readonly Lock s_lock = new();
    private static readonly Dictionary<nint, nint> s_methods = [];
    private static FileSystem* s_system;
    private static FileSystem* s_own;

    /// <summary>Makes it what all connections use that are opened from now on. Any thread; once is enough.</summary>
    public static void Use()
    {
        lock (s_lock)
        {
            if (s_own != null)
            {
                return;
            }

            // SAFETY: both live as long as the process, as SQLite requires; the copy has the functions of the original, which take no state but their own files.
            s_system = Find(null);
            if (s_system == null)
            {
                return;
            }

            var own = (FileSystem*)NativeMemory.Alloc((nuint)sizeof(FileSystem));
            *own = *s_system;
            own->Next = null;
            own->Name = (byte*)Marshal.StringToCoTaskMemUTF8("unkey");
            own->Open = &Open;
            if (Register(own, 1) == 0)
            {
                s_own = own;
            }
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Open(FileSystem* system, byte* name, File* file, int flags, int* flagsOut)
    {
        int result = s_system->Open(s_system, name, file, flags, flagsOut);
        if (result == 0 && file->Methods->Version == MethodsVersion)
        {
            file->Methods = (Methods*)Breathing((nint)file->Methods);
        }

        return result;
    }

    private static nint Breathing(nint methods)
    {
        // There are as many tables as ways to lock a file; a few.
        lock (s_lock)
        {
            if (!s_methods.TryGetValue(methods, out nint breathing))
            {
                var made = (BreathingMethods*)NativeMemory.Alloc((nuint)sizeof(BreathingMethods));
                made->Methods = *(Methods*)methods;
                made->SystemWrite = made->Methods.Write;
                made->Methods.Write = &Write;
                breathing = (nint)made;
                s_methods.Add(methods, breathing);
            }

            return breathing;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Write(File* file, void* bytes, int count, long offset)
    {
        // SAFETY: only files with a table of ours have this function.
        int result = ((BreathingMethods*)file->Methods)->SystemWrite(file, bytes, count, offset);
        BackgroundThread.Breathe();
        return result;
    }

    [LibraryImport(Library, EntryPoint = "sqlite3_vfs_find")]
    private static partial FileSystem* Find(byte* name);

    [LibraryImport(Library, EntryPoint = "sqlite3_vfs_register")]
    private static partial int Register(FileSystem* system, int makeDefault);

    /// <summary>sqlite3_file: what every file begins with, whoever opened it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct File
    {
        public Methods* Methods;
    }

    /// <summary>sqlite3_io_methods, version 3.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Methods
    {
        public int Version;
        public nint Close;
        public nint Read;
        public delegate* unmanaged[Cdecl]<File*, void*, int, long, int> Write;
        public Rest Others;

        [InlineArray(15)]
        public struct Rest
        {
            public nint First;
        }
    }

    /// <summary>A table of ours, with what its write function calls.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct BreathingMethods
    {
        public Methods Methods;
        public delegate* unmanaged[Cdecl]<File*, void*, int, long, int> SystemWrite;
    }

    /// <summary>sqlite3_vfs, version 3.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct FileSystem
    {
        public int Version;
        public int FileBytes;
        public int PathMax;
        public FileSystem* Next;
        public byte* Name;
        public void* State;
        public delegate* unmanaged[Cdecl]<FileSystem*, byte*, File*, int, int*, int> Open;
        public Rest Others;

        [InlineArray(14)]
        public struct Rest
        {
            public nint First;
        }
    }
}
