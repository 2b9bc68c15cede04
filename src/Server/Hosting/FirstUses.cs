using System;
using System.Security.Cryptography;
using System.Threading;
using Unkey.Server.Storage.Sqlite;

namespace Unkey.Server.Hosting;

/// <summary>What the first use of SQLite and of OpenSSL takes, on a thread of the pool while the main thread sets up the log and takes the ports.</summary>
/// <remarks>A head start and nothing else: who uses them first and finds them not ready waits or does the same.</remarks>
internal static class FirstUses
{
    /// <summary>Begins; returns at once.</summary>
    public static void Begin() => ThreadPool.UnsafeQueueUserWorkItem(static _ => Run(), null);

    private static void Run()
    {
        try
        {
            SqliteDatabase.UseOnce();
            Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(digest, digest);
            RandomNumberGenerator.Fill(digest);
        }
        catch (Exception)
        {
            // Who needs what is missing here meets the same fault, and can say what for.
        }
    }
}
