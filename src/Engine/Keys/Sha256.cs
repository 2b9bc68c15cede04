using System;
using System.Buffers.Binary;
using System.Numerics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace Unkey.Engine.Keys;

/// <summary>SHA-256 of one short message, straight from libcrypto: about 50 ns for a key where <see cref="SHA256.HashData(ReadOnlySpan{byte})"/> takes 300.</summary>
/// <remarks>
/// Calls <c>SHA256_Init</c>, <c>SHA256_Update</c> and <c>SHA256_Final</c>, which pick the SHA instructions of the CPU by themselves. A key nearly
/// always fits one block; then it is padded here and only <c>SHA256_Transform</c> is called, which saves three hundred instructions of bookkeeping. They are
/// deprecated since OpenSSL 3.0 and absent from a <c>no-deprecated</c> build, so they are checked once against the framework's own digest, and
/// where they are missing, differ, or the system is not Linux, the framework's digest serves. The fully static build links the symbols into the
/// binary under the import's name <c>libcrypto</c> and never consults the resolver. Any thread; no allocation on the direct path; never throws.
/// Source: FIPS 180-4; OpenSSL SHA256_Init(3).
/// </remarks>
public static unsafe partial class Sha256
{
    /// <summary>Bytes of a digest.</summary>
    public const int DigestBytes = 32;

    /// <summary>
    /// Longest message hashed without telling the garbage collector: about 5 us. A call that suppresses the transition keeps a collection
    /// waiting for its whole length.
    /// </summary>
    internal const int DirectBytesMax = 4096;

    /// <summary>The context is 112 bytes in every OpenSSL so far, and begins with the eight words of the state.</summary>
    private const int ContextBytes = 128;

    private const int BlockBytes = 64;

    /// <summary>Longest message that fits one block with its padding: a byte 0x80 and the length in bits (FIPS 180-4, 5.1.1).</summary>
    private const int OneBlockBytesMax = BlockBytes - 1 - sizeof(ulong);

    private const string Library = "libcrypto";

    private static readonly string[] s_candidates = ["libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.so", Library];

    private static readonly bool s_direct = CheckDirect();

    /// <summary>Whether the direct calls are in use; false means every hash goes through the framework.</summary>
    public static bool IsDirect => s_direct;

    /// <summary>Hashes one message.</summary>
    /// <param name="message">Any bytes, any length; empty is a message.</param>
    /// <param name="digest">Receives the digest; at least <see cref="DigestBytes"/> long.</param>
    [HotPath]
    public static void Hash(ReadOnlySpan<byte> message, Span<byte> digest)
    {
        if (s_direct && message.Length <= DirectBytesMax && digest.Length >= DigestBytes)
        {
            if (message.Length <= OneBlockBytesMax)
            {
                HashBlock(message, digest);
            }
            else
            {
                HashDirect(message, digest);
            }
        }
        else
        {
            SHA256.HashData(message, digest);
        }
    }

    [SkipLocalsInit]
    private static void HashBlock(ReadOnlySpan<byte> message, Span<byte> digest)
    {
        // SAFETY: Hash checked that the message has at most OneBlockBytesMax bytes, which leaves room for its padding, and that the digest has 32 bytes; the callee reads the block and the first
        // 32 bytes of the context, and writes those.
        ulong* block = stackalloc ulong[BlockBytes / sizeof(ulong)];
        uint* context = stackalloc uint[ContextBytes / sizeof(uint)];
        Zero(block);
        message.CopyTo(new Span<byte>(block, OneBlockBytesMax));
        ((byte*)block)[message.Length] = 0x80;
        block[7] = BinaryPrimitives.ReverseEndianness((ulong)message.Length * 8);

        // The initial state (FIPS 180-4, 5.3.3).
        (context[0], context[1], context[2], context[3]) = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A);
        (context[4], context[5], context[6], context[7]) = (0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19);
        SHA256_Transform(context, (byte*)block);

        // The words of the state in big-endian order, two at a time: the bytes of both are reversed and then they change places.
        for (int i = 0; i < DigestBytes / sizeof(ulong); i++)
        {
            ulong reversed = BinaryPrimitives.ReverseEndianness(((ulong*)context)[i]);
            BinaryPrimitives.WriteUInt64LittleEndian(digest[(i * sizeof(ulong))..], BitOperations.RotateLeft(reversed, 32));
        }

        // It held a presented key.
        Zero(block);
    }

    private static void Zero(ulong* block)
    {
        // SAFETY: a block has 64 bytes.
        Vector128.Store(Vector128<ulong>.Zero, block);
        Vector128.Store(Vector128<ulong>.Zero, block + 2);
        Vector128.Store(Vector128<ulong>.Zero, block + 4);
        Vector128.Store(Vector128<ulong>.Zero, block + 6);
    }

    private static void HashDirect(ReadOnlySpan<byte> message, Span<byte> digest)
    {
        // Aligned for the vector stores of the implementation; the context lives for this call only.
        ulong* context = stackalloc ulong[ContextBytes / sizeof(ulong)];

        // SAFETY: Hash checked that the digest has 32 bytes; the callee reads message.Length bytes and writes 32.
        fixed (byte* input = message)
        fixed (byte* output = digest)
        {
            _ = SHA256_Init(context);
            _ = SHA256_Update(context, input, (nuint)message.Length);
            _ = SHA256_Final(output, context);
        }

        // The context held the tail of a presented key.
        new Span<ulong>(context, ContextBytes / sizeof(ulong)).Clear();
    }

    private static bool CheckDirect()
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        try
        {
            NativeLibrary.SetDllImportResolver(typeof(Sha256).Assembly, Resolve);
            Span<byte> direct = stackalloc byte[DigestBytes];
            Span<byte> expected = stackalloc byte[DigestBytes];
            ReadOnlySpan<byte> message = "The quick brown fox jumps over the lazy dog, twice: one block is not enough."u8;
            HashDirect(message, direct);
            SHA256.HashData(message, expected);
            bool isSame = direct.SequenceEqual(expected);
            message = message[..OneBlockBytesMax];
            HashBlock(message, direct);
            SHA256.HashData(message, expected);
            return isSame && direct.SequenceEqual(expected);
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != Library)
        {
            return 0;
        }

        foreach (string candidate in s_candidates)
        {
            if (NativeLibrary.TryLoad(candidate, out nint handle))
            {
                return handle;
            }
        }

        return 0;
    }

    [LibraryImport(Library), SuppressGCTransition]
    private static partial int SHA256_Init(void* context);

    [LibraryImport(Library), SuppressGCTransition]
    private static partial int SHA256_Update(void* context, byte* data, nuint length);

    [LibraryImport(Library), SuppressGCTransition]
    private static partial int SHA256_Final(byte* digest, void* context);

    [LibraryImport(Library), SuppressGCTransition]
    private static partial void SHA256_Transform(void* context, byte* block);
}
