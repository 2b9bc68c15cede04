namespace Unkey.Server.Storage.Rows;

/// <summary>A recoverable key as it is stored: encrypted under a data key, which is wrapped by a master key. Immutable.</summary>
/// <param name="KeyId">Key id.</param>
/// <param name="EncryptionKeyId">Id of the master key: 16 hexadecimal digits.</param>
/// <param name="WrappedDataKey">Nonce (12 bytes), tag (16 bytes) and the encrypted data key.</param>
/// <param name="Ciphertext">Nonce (12 bytes), tag (16 bytes) and the encrypted key.</param>
internal sealed record EncryptedKeyRow(string KeyId, string EncryptionKeyId, byte[] WrappedDataKey, byte[] Ciphertext);
